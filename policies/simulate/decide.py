"""What a payer does with the lines of a claim: its rules first, then fee schedule, deductible, share and maximum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from bitewing.policies.simulate import history
from bitewing.policies.simulate.dice import Dice
from bitewing.policies.simulate.payers import IMAGES, MOLARS, Rule
from bitewing.policies.simulate.visits import Claim, Line

Adjustment = tuple[str, str, int]
OVERLOOKED = 8  # of a thousand times a rule is not applied where it should be
STRAY = 2  # of a thousand lines are included in another service for no rule


@dataclass(slots=True)
class Service:
    """A line of an 835; amounts in cents. ``line`` is None where the payer added it; ``event`` is what happened."""

    line: Line | None
    code: str
    charge: int
    day: date
    sent: str = ""
    units: int = 1
    sent_units: int | None = None
    paid: int = 0
    allowed: int = 0
    cas: list[Adjustment] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    event: str = ""
    rule: str = ""
    unbalanced: bool = False

    @property
    def patient(self) -> int:
        """Its share of CLP05."""
        return sum(cents for group, _, cents in self.cas if group == "PR")


class Decision:
    """One claim in the hands of a payer. Deductible, maximum and history of the patient change with it."""

    def __init__(self, claim: Claim, dice: Dice) -> None:
        self.claim, self.dice = claim, dice
        self.traits: set[str] = set()
        self._plan = claim.plan
        self._made: dict[int, Service] = {}
        self._added: list[Service] = []

    def services(self) -> list[Service]:
        """Every line decided, in the order of the claim, then what the payer added."""
        for day in sorted({line.day for line in self.claim.lines}):
            for rule in self.claim.payer.rules:
                if rule.holds(self._plan.group, self.claim.network, day) and not self.dice.chance(OVERLOOKED):
                    open_ = [one for one in self.claim.lines if one.day == day and one.lx not in self._made]
                    _HANDLERS[rule.kind](self, rule, open_)
        for line in self.claim.lines:
            if line.lx not in self._made:
                self._plain(line)
        history.tally(self.claim.patient, self._made.values())
        return [self._made[line.lx] for line in self.claim.lines] + self._added

    def service(self, line: Line, event: str = "", rule: Rule | None = None) -> Service:
        """The answer to a line: it is decided."""
        made = Service(line, line.code, line.charge, line.day, units=line.units)
        made.event, made.rule = event, rule.id if rule else ""
        self._made[line.lx] = made
        return made

    def _plain(self, line: Line) -> None:
        if self.dice.chance(8):
            self.deny(line, "not-covered", "PR", "204")
        elif self.dice.chance(STRAY):
            self.deny(line, "bundled-into", "CO", "97", "N19")
        elif self.dice.chance(6):
            self.deny(line, "info-request", "CO", "252", "N706")
        else:
            self.benefit(self.service(line), self._plan.fees[line.code] * line.units)
            history.keep(self.claim.patient, line)

    def deny(self, line: Line, event: str, group: str, reason: str, remark: str = "", rule: Rule | None = None) -> None:
        """All of its charge is refused, for the provider (CO) or the patient (PR) to bear."""
        made = self.service(line, event, rule)
        made.cas.append((group, reason, line.charge))
        if remark:
            made.remarks.append(remark)

    def benefit(self, made: Service, allowed: int, off: int = 0) -> None:
        """Pays on ``allowed``; ``off`` is what other adjustments took of the charge already."""
        patient, plan = self.claim.patient, self._plan
        base = made.charge - off
        made.allowed = allowed = min(allowed, base)
        if base > allowed:
            made.cas.append((self.claim.above, "45", base - allowed))
        made.event = made.event or ("paid-reduced" if base > allowed else "paid")
        percent = plan.patient_percent(made.code)
        deductible = min(patient.deductible, allowed) if percent or plan.everywhere else 0
        if deductible:
            patient.deductible -= deductible
            made.cas.append(("PR", "1", deductible))
            self.traits.add("deductible")
        share = (allowed - deductible) * percent // 100
        if share:
            made.cas.append(("PR", "2", share))
        rest = allowed - deductible - share
        over = max(0, rest - patient.left)
        if over:
            made.cas.append(("PR", "119", over))
            made.remarks.append("N23")
            self.traits.add("maximum")
            if made.event in ("paid", "paid-reduced"):
                made.event = "max-reached"
        made.paid = rest - over
        patient.left -= made.paid

    # -- rules

    def series(self, rule: Rule, lines: Sequence[Line]) -> None:
        """So many films become a series."""
        members = [line for line in lines if line.code in rule.codes]
        films = sum(line.units * IMAGES[line.code] for line in members)
        if len(members) > 1 and films >= dict(rule.parameter)["films"]:
            self._bundle(rule, members)

    def worth(self, rule: Rule, lines: Sequence[Line]) -> None:
        """Films that would come to as much as a series become one."""
        members = [line for line in lines if line.code in rule.codes]
        total = sum(self._plan.fees[line.code] * line.units for line in members)
        if len(members) > 1 and total >= self._plan.fees["D0210"] * dict(rule.parameter)["ratio"]:
            self._bundle(rule, members)

    def panoramic(self, rule: Rule, lines: Sequence[Line]) -> None:
        """A panoramic film with bitewings becomes a series."""
        films = [line for line in lines if line.code in rule.codes]
        bitewings = [line for line in lines if line.code in rule.with_codes]
        if films and bitewings:
            self._bundle(rule, sorted(films + bitewings, key=lambda line: line.lx))

    def _bundle(self, rule: Rule, members: Sequence[Line]) -> None:
        target = dict(rule.target)["*"]
        allowed = self._plan.fees[target]
        self.traits.add("bundle")
        for line in members:
            if line.code == "D0330":  # paid, if as a series: its counter is used up
                history.keep(self.claim.patient, line)
        if self.dice.chance(120):
            self._add(rule, members, target, allowed)
            return
        names = not self.dice.chance(120)
        if not names:
            self.traits.add("missing-svc06")
        total = sum(line.charge for line in members)
        for place, line in enumerate(members):
            made = self.service(line, "bundled-into" if place else "bundle-target", rule)
            made.code, made.sent = target, line.code if names else ""
            made.units, made.sent_units = (0, line.units) if place else (1, line.units if line.units > 1 else None)
            if place:
                made.cas.append(("CO", "97", line.charge))
            else:
                made.cas.append(("OA", "94", line.charge - total))
                self.benefit(made, allowed, off=line.charge - total)

    def _add(self, rule: Rule, members: Sequence[Line], target: str, allowed: int) -> None:
        """The payer invents a line for the series and includes the others in it."""
        self.traits.add("added-line")
        for line in members:
            self.deny(line, "bundled-into", "CO", "97", rule=rule)
        raised = self.dice.chance(500)  # CLP03 is more than CLM02, or the line has no charge of its own
        allowed = min(allowed, sum(line.charge for line in members))
        added = Service(None, target, allowed if raised else 0, members[0].day, event="bundle-target", rule=rule.id)
        if not raised:
            added.cas.append(("OA", "94", -allowed))
        self.benefit(added, allowed, off=0 if raised else -allowed)
        self._added.append(added)

    def exclusion(self, rule: Rule, lines: Sequence[Line]) -> None:
        """Included in another service of the day."""
        if lines and any(line.code in rule.with_codes and line.day == lines[0].day for line in self.claim.lines):
            for line in lines:
                if line.code in rule.codes:
                    self.deny(line, "bundled-into", rule.liability, "97", "N19", rule)

    def cap(self, rule: Rule, lines: Sequence[Line]) -> None:
        """No more than so many units a date."""
        left = int(dict(rule.parameter)["units"])
        chosen = [line for line in lines if line.code in rule.codes]
        if sum(line.units for line in chosen) <= left:
            return
        for line in chosen:
            kept = min(left, line.units)
            left -= kept
            if kept == line.units:
                continue
            made = self.service(line, "units-capped", rule)
            made.units, made.sent_units = kept, line.units
            cut = line.charge - line.charge * kept // line.units
            made.cas.append(("CO", "119", cut))
            made.remarks.append("N362")
            self.benefit(made, self._plan.fees[line.code] * kept, off=cut)

    def remap(self, rule: Rule, lines: Sequence[Line]) -> None:
        """A code for capture only is decided under another, or denied."""
        for line in lines:
            if line.code in rule.codes and dict(rule.parameter)["treatment"] == "deny":
                self.deny(line, "not-covered", "CO", "96", "N130", rule)
            elif line.code in rule.codes:
                made = self.service(line, "remapped", rule)
                made.code, made.sent = dict(rule.target)[line.code], line.code
                self.benefit(made, self._plan.fees[line.code] * line.units)

    def downcode(self, rule: Rule, lines: Sequence[Line]) -> None:
        """The least costly alternative is paid, the patient owes the difference."""
        teeth = dict(rule.parameter).get("teeth")
        for line in lines:
            if line.code in rule.codes and (teeth is None or line.teeth[0].partition("*")[0] in MOLARS):
                made = self.service(line, "downcoded", rule)
                made.code, made.sent = dict(rule.target)[line.code], line.code
                own = min(line.charge, self._plan.fees[line.code])
                less = min(own, self._plan.fees[made.code])
                if own > less:
                    made.cas.append(("PR", "169", own - less))
                made.remarks.append("N22")
                self.benefit(made, less, off=own - less)

    def age(self, rule: Rule, lines: Sequence[Line]) -> None:
        """Not from this age on."""
        for line in lines:
            born = self.claim.patient.birth
            years = line.day.year - int(born[:4]) - (line.day.strftime("%m%d") < born[4:])
            if line.code in rule.codes and years >= dict(rule.parameter)["age"]:
                self.deny(line, "not-classified", rule.liability, "6", "N129", rule)


_HANDLERS: dict[str, Callable[[Decision, Rule, Sequence[Line]], None]] = {
    "count-to-series": Decision.series,
    "fee-sum-to-series": Decision.worth,
    "pano-counts-as-series": Decision.panoramic,
    "same-day-exclusion": Decision.exclusion,
    "per-date-cap": Decision.cap,
    "capture-only": Decision.remap,
    "downcode": Decision.downcode,
    "period-cap": history.period,
    "shared-series-window": history.shared,
    "series-exclusion": history.after_series,
    "aggregate-cap": history.aggregate,
    "age-limit": Decision.age,
}
