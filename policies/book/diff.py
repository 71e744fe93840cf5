"""Two books beside each other: what one has that the other has not, and what changed in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bitewing.policies.book.book import Book
from bitewing.policies.rule import Rule


class Change(NamedTuple):
    """A rule before and after; None where it is not there. what: the facts that differ, as (name, before, after)."""

    before: Rule | None
    after: Rule | None
    what: tuple[tuple[str, str, str], ...]


def changes(before: Book, after: Book) -> Iterator[Change]:
    """What differs, by id."""
    old, new = {one.id: one for one in before.rules}, {one.id: one for one in after.rules}
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if one is None or other is None:
            yield Change(one, other, ())
            continue
        first, second = one.record(), other.record()
        what = tuple((key, str(first[key]), str(second[key])) for key in first if first[key] != second[key])
        if what:
            yield Change(one, other, what)
