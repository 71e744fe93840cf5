"""E101: a transaction that is no dental claim of version 5010."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.finding import Action
from bitewing.edi.hierarchy import Transaction
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check


@check(
    "E101",
    "transaction-not-dental",
    snip=1,
    source="ST01 and ST03 (or GS08): 837 under 005010X224, A1, A2 or A3 is read here",
    examples=(
        Example("a professional claim", ("C1: D0120 58.00",), ("info",), damage=(("X224A2", "X222A1"),)),
        Example("a dental claim under A3", ("C1: D0120 58.00",), damage=(("X224A2", "X224A3"),)),
    ),
)
def transaction_not_dental(transaction: Transaction) -> Iterator[Remark]:
    """The transaction is not a dental claim of version 005010X224.

    It is passed through byte for byte, and nothing in it is looked at.
    """
    if not transaction.dental:
        what = f"{transaction.kind} {transaction.version}".strip()
        yield Remark(Action.INFO, (), f"This transaction is {what}, not a 5010 dental claim. Passed through untouched.")
