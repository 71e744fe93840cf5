"""What every kind of rule has: its rows in SQL, the judgement of them, and a sentence for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bitewing.policies.learn.decide import Found, Scope
from bitewing.policies.learn.fees import Fees
from bitewing.policies.learn.row import CENSORED, POSITIVE, Row
from bitewing.policies.rule import ALLOWS, BUNDLES, OBSERVED, PROPOSED, Rule

_SAMPLES = 8

Judge = Callable[[Sequence[Row], Fees], Iterator[Rule]]


@dataclass(frozen=True)
class Kind:
    """A kind of rule.

    name: as in records. about: in one sentence. sql: gives its trials from ``day_codes`` and ``final_lines``, with the
    columns of a Row but ``kind``, ``n`` and ``trial`` (payer, grp, class, network, code, context, members, target,
    outcome, inferred, patient_owes, day, allowed, and ``trial``, the patient's number). judge: rules from the rows of
    one payer. reads: other tables that sql reads, several times or with other kinds, each with the query that makes it.
    """

    name: str
    about: str
    sql: str
    judge: Judge
    reads: Mapping[str, str] = field(default_factory=dict)

    @property
    def counted(self) -> str:
        """The query for its rows."""
        columns = (
            "payer, grp, class, network, code, context, members, target, outcome, inferred, patient_owes, day, allowed"
        )
        counted = f"SELECT {columns}, COUNT(*) AS n, MIN(trial) AS person FROM ({self.sql}) t GROUP BY {columns}"
        key = "r.payer || '|' || r.grp || '|' || p.patient || '|' || CAST(r.day AS VARCHAR)"
        named = ", ".join(f"r.{column}" for column in (*columns.split(", "), "n"))
        trial = f"SUBSTRING(MD5({key}), 1, 16) AS trial"
        return f"SELECT {named}, {trial} FROM ({counted}) r JOIN people p ON p.person = r.person"


def listed(codes: Iterable[str]) -> str:
    """Codes as SQL says a list."""
    return ", ".join(f"'{code}'" for code in sorted(codes))


def rules_of(
    kind: str,
    payer: str,
    found: Iterable[Found],
    codes: Sequence[str],
    *,
    with_codes: Sequence[str] = (),
    targets: dict[str, str] | None = None,
    fees: Fees | None = None,
    priced: Sequence[str] = (),
    exceptions: bool = False,
    alternatives: Sequence[str] = (),
    extra: dict[str, object] | None = None,
) -> Iterator[Rule]:
    """Rules for what holds. Where a habit ended, or ``exceptions`` are asked for, also what was seen not to happen.

    priced: codes whose allowed amounts the rule needs to say what is expected.
    """
    found = list(found)
    ended = any(one.holds and one.until is not None for one in found)
    for one in found:
        if not one.holds and not one.seen and not (one.fails and (exceptions or (ended and one.since is not None))):
            continue
        yield Rule(
            kind, payer, tuple(sorted(codes)), tuple(sorted(with_codes)), dict(targets or {}),
            {**one.fitted.parameter, **(extra or {})}, *_seen(one), one.since, one.until,
            ALLOWS if one.fails else BUNDLES, PROPOSED if one.holds or one.fails else OBSERVED,
            counts=one.counts, groups=one.groups, allowed=_allowed(payer, one, fees, priced),
            evidence=samples(one.fitted.exposed, positive=not one.fails),
            alternatives=tuple(alternatives) if not one.fails else (),
        )  # fmt: skip


def _seen(one: Found) -> Scope:
    """For whom: of a habit seen on one side of the network only, that side, which says nothing of the other."""
    sides = {row.network for row in one.fitted.exposed if row.outcome != CENSORED} - {""}
    return one.scope._replace(network=sides.pop()) if len(sides) == 1 else one.scope


def _allowed(payer: str, one: Found, fees: Fees | None, codes: Sequence[str]) -> dict[tuple[str, str], Decimal]:
    if fees is None:
        return {}
    groups = [one.scope.group] if one.scope.group else fees.groups(payer)
    return {
        (group, code): amount
        for group in groups
        for code, amount in sorted(fees.of(payer, group).items())
        if code in codes
    }


def samples(rows: Sequence[Row], *, positive: bool = True) -> tuple[str, ...]:
    """Hashes of some trials, by which a person with the store finds them again."""
    return tuple(sorted({row.trial for row in rows if row.trial and (row.outcome == POSITIVE) is positive})[:_SAMPLES])
