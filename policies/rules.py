"""The rules that may be used now, by payer: what passes ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bitewing.policies.rule import Rule


class Rules:
    """Rules that a person accepted (or that are tried, where somebody asked for that)."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.all = tuple(rules)
        self._of: dict[str, list[Rule]] = {}
        for rule in self.all:
            self._of.setdefault(rule.payer, []).append(rule)
        self.codes = frozenset(code for rule in self.all for code in (*rule.codes, *rule.with_codes))

    def of(self, payer: str, *kinds: str) -> Sequence[Rule]:
        """A payer's rules of some kinds, all where none is named; payer: 2010BB NM109."""
        return [rule for rule in self._of.get(payer, ()) if not kinds or rule.kind in kinds]

    def __bool__(self) -> bool:
        return bool(self.all)
