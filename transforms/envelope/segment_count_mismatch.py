"""E102: a transaction whose SE01 is not the number of its segments."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.finding import Action
from bitewing.edi.hierarchy import Transaction
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check


@check(
    "E102",
    "segment-count-mismatch",
    snip=1,
    source="X12.5: SE01 counts the segments from ST to SE",
    examples=(
        Example("a count that is wrong", ("C1: D0120 58.00",), ("flag",), damage=(("SE*", "SE*9"),)),
        Example("no SE at all", ("C1: D0120 58.00",), ("flag",), damage=(("~SE*", "~ZZ*"),)),
        Example("a count that is right", ("C1: D0120 58.00",)),
    ),
)
def segment_count_mismatch(transaction: Transaction) -> Iterator[Remark]:
    """The transaction's count of segments (SE01) is not the number that is there, or SE is missing.

    A line may have been lost on the way, so nothing in the transaction is repaired.
    """
    if not transaction.dental or transaction.counted:
        return
    if transaction.count_at < 0:
        message = "The transaction is not closed: SE is missing. Send the whole file again; nothing is repaired in it."
    else:
        message = (
            f"SE01 is not {transaction.segments}, the number of segments that are there. "
            "Check that no line was lost; nothing is repaired in this transaction."
        )
    yield Remark(Action.FLAG, (), message)
