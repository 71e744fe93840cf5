"""The rules that may be used now, by payer, and what is between payers and practices: what passes ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bitewing.policies.rule import UNKNOWN_CONTRACT, Contract, Rule

NO_CONTRACTS: Mapping[tuple[str, str], Contract] = {}


class Rules:
    """Rules that a person accepted (or that are tried, where somebody asked for that).

    contracts: by payer and billing NPI, "" for every practice.
    """

    def __init__(
        self, rules: Iterable[Rule] = (), contracts: Mapping[tuple[str, str], Contract] = NO_CONTRACTS
    ) -> None:
        self.all = tuple(rules)
        self.contracts = contracts
        self._of: dict[str, list[Rule]] = {}
        for rule in self.all:
            self._of.setdefault(rule.payer, []).append(rule)
        self.codes = frozenset(code for rule in self.all for code in (*rule.codes, *rule.with_codes))

    def of(self, payer: str, *kinds: str) -> Sequence[Rule]:
        """A payer's rules of some kinds, all where none is named; payer: 2010BB NM109."""
        return [rule for rule in self._of.get(payer, ()) if not kinds or rule.kind in kinds]

    def contract(self, payer: str, billing: str) -> Contract:
        """What a practice (2010AA NM109) has agreed with a payer, as far as it was said."""
        return self.contracts.get((payer, billing), self.contracts.get((payer, ""), UNKNOWN_CONTRACT))

    def __bool__(self) -> bool:
        return bool(self.all)
