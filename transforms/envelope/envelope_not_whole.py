"""E103: a group or interchange that is not closed, or whose count is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.finding import Action
from bitewing.edi.hierarchy import Transaction
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check


@check(
    "E103",
    "envelope-not-whole",
    snip=1,
    source="X12.5: GE01 counts the transactions of a group, IEA01 the groups of an interchange",
    examples=(
        Example("no IEA", ("C1: D0120 58.00",), ("flag",), damage=(("IEA*1*", "ZZZ*1*"),)),
        Example("two transactions announced", ("C1: D0120 58.00",), ("flag",), damage=(("GE*1*", "GE*2*"),)),
        Example("closed as it should be", ("C1: D0120 58.00",)),
    ),
)
def envelope_not_whole(transaction: Transaction) -> Iterator[Remark]:
    """The transaction's group or interchange is not closed (GE, IEA), or does not hold what it says it holds.

    The file may have been cut, and a sibling claim lost with it, so nothing in it is repaired.
    """
    if transaction.dental and not transaction.enveloped:
        where = "group (GE01)" if not transaction.group.whole else "interchange (IEA01)"
        message = f"The {where} is not closed with the right count. Send the whole file again; nothing is repaired."
        yield Remark(Action.FLAG, (), message)
