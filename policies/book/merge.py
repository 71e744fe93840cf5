"""A policy book after learning again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bitewing.policies.book.book import Book
from bitewing.policies.rule import PROPOSED, Counts, Rule


def merged(book: Book, learnt: Sequence[Rule]) -> Book:
    """A book after learning again: what a person decided stays decided, with the new counts; what was only proposed and
    is not borne out any more is left out; rules from a handbook are left as they are."""
    new = {rule.id: rule for rule in learnt}
    kept = []
    for old in book.rules:
        fresh = new.pop(old.id, None)
        if fresh is not None:
            kept.append(
                replace(fresh, status=old.status, decisions=old.decisions, source=old.source)
                if old.counts != Counts()
                else old
            )
        elif old.status != PROPOSED or old.counts == Counts():
            kept.append(old)
    return Book(tuple(sorted((*kept, *new.values()), key=lambda one: one.id)))
