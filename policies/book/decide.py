"""What a person does with a rule: accept, reject, retire. With a name and a reason, kept in the book."""

from __future__ import annotations

from bitewing.policies.book.book import Book, BookError
from bitewing.policies.rule import ACCEPTED, PROPOSED, REJECTED, RETIRED, Decision

ACTIONS = {
    "accept": (ACCEPTED, (PROPOSED, REJECTED, RETIRED)),
    "reject": (REJECTED, (PROPOSED,)),
    "retire": (RETIRED, (ACCEPTED,)),
}
"""The status that an action leads to, and those it may start from."""


def decided(book: Book, name: str, decision: Decision) -> Book:
    """The book with one more decision. Raises BookError where the rule is not there or has another status."""
    rule = book.rule(name)
    if rule is None:
        near = [one.id for one in book.rules if one.id.startswith(name)]
        why = (
            f"{name} means {len(near)} rules; write more of the id" if near else f"no rule {name}; see 'policies list'"
        )
        raise BookError(why)
    status, before = ACTIONS[decision.action]
    if rule.status not in before:
        raise BookError(f"rule {rule.id} is {rule.status}; only what is {' or '.join(before)} can be {status}")
    if not decision.by.strip() or not decision.reason.strip():
        raise BookError("a decision needs a name and a reason; give both")
    changed = rule.decided(status, decision)
    return Book(tuple(changed if one is rule else one for one in book.rules))
