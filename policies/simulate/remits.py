"""What comes back for a claim: one claim payment or several, with the habits and accidents of payers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from bitewing.policies.simulate.decide import Adjustment, Decision, Service
from bitewing.policies.simulate.dice import Dice
from bitewing.policies.simulate.visits import Claim

UNBALANCED = 4  # service lines in a thousand claims, and by how much
OFF_BY = 200


@dataclass(slots=True)
class Payment:
    """A CLP with its lines; amounts in cents. ``wait`` is in days from sending."""

    clp01: str
    status: str
    services: list[Service]
    icn: str
    wait: int
    traits: set[str]
    original: str = ""
    cas: list[Adjustment] = field(default_factory=list)
    remark: str = ""
    charge: int = 0
    paid: int = 0
    patient: int = 0
    member: str = ""
    first_name: bool = True
    corrected: str = ""  # NM1*74 NM109, the member id that the payer knows

    def close(self) -> Payment:
        """Sums of the lines, where there are any."""
        if self.services:
            self.charge = sum(one.charge for one in self.services)
            self.paid = sum(one.paid for one in self.services)
            self.patient = sum(one.patient for one in self.services)
        return self


class Answers:
    """Makes the claim payments for claims; numbers of the payer's own (CLP07) count up."""

    def __init__(self, dice: Dice, control: int) -> None:
        self._dice, self._icn = dice, control

    def for_claim(self, claim: Claim) -> list[Payment]:
        """Every claim payment for it, none where the payer never answers."""
        if claim.structure == "unanswered":
            return []
        made = self._decided(claim)
        for one in made:
            self._spoil(one)
            self._names(one, claim)
        return made

    def foreign(self, claim: Claim) -> Payment:
        """For a claim that is in no file: as the one handed in, under a number that no practice uses."""
        decision = Decision(claim, self._dice)
        made = self._new(claim, decision.services(), {"foreign"})
        made.clp01 = f"ZZ{self._icn:09d}"
        self._names(made, claim)
        return made

    def _decided(self, claim: Claim) -> list[Payment]:
        structure = claim.structure
        if claim.predetermination:
            return [self._predetermination(claim)]
        if structure == "duplicate":
            return [self._refused(claim, "duplicate", "OA", "18")]
        if structure == "denied":
            reason = self._dice.one((("27", "CO"), ("29", "CO"), ("26", "PR")))
            return [self._refused(claim, "eligibility", reason[1], reason[0])]
        if claim.before is not None:
            return [self._secondary(claim)]
        decision = Decision(claim, self._dice)
        services = decision.services()
        traits = set(decision.traits)
        if structure == "claim-level":
            return [self._whole(claim, services, traits)]
        if structure == "split" and not traits & {"bundle"}:
            return self._split(claim, services, traits)
        if structure == "reversal":
            return self._reversed(claim, services, traits)
        if structure in ("lost-id", "resubmitted"):
            traits.add(structure)
        return [self._new(claim, services, traits)]

    def _number(self) -> str:
        self._icn += 1
        return f"ICN{self._icn:09d}"

    def _new(self, claim: Claim, services: list[Service], traits: set[str], status: str = "1") -> Payment:
        clp01, more = self._clp01(claim)
        wait = self._dice.between(4, 18)
        return Payment(clp01, status, services, self._number(), wait, traits | more | set(claim.traits)).close()

    def _clp01(self, claim: Claim) -> tuple[str, set[str]]:
        payer, sent = claim.payer, claim.clm01
        if claim.structure == "lost-id":
            return "0", set()
        if payer.cuts_to and len(sent) > payer.cuts_to:
            return sent[: payer.cuts_to], {"truncated"}
        folded = sent.upper().replace("/", "-")
        if payer.folds and folded != sent:
            return folded, {"recased"}
        return sent, set()

    def _predetermination(self, claim: Claim) -> Payment:
        services = []
        for line in claim.lines:
            expected = min(line.charge, claim.plan.fees[line.code] * line.units)
            expected = expected * (100 - claim.plan.patient_percent(line.code)) // 100
            cas = [("OA", "101", expected)]
            if line.charge > expected:
                cas.append((claim.above, "45", line.charge - expected))
            made = Service(line, line.code, line.charge, line.day, units=line.units, cas=cas)
            made.event = "predetermination"
            services.append(made)
        traits = {"predetermination"} | ({"zero-dates"} if claim.payer.number % 2 else set())
        return self._new(claim, services, traits, "25")

    def _refused(self, claim: Claim, event: str, group: str, reason: str) -> Payment:
        services = [
            Service(
                line,
                line.code,
                line.charge,
                line.day,
                units=line.units,
                cas=[(group, reason, line.charge)],
                event=event,
            )
            for line in claim.lines
        ]
        return self._new(claim, services, {claim.structure}, "4")

    def _secondary(self, claim: Claim) -> Payment:
        """Pays what the payer before left, up to its own fee; what that one paid is OA-23, shared over the lines."""
        assert claim.before is not None
        before, services, rest = claim.before[0], [], claim.before[0]
        total = claim.charge
        for place, line in enumerate(claim.lines):
            prior = rest if place == len(claim.lines) - 1 else before * line.charge // total
            prior = min(prior, line.charge)
            rest -= prior
            allowed = max(prior, min(line.charge, claim.plan.fees[line.code] * line.units))
            made = Service(line, line.code, line.charge, line.day, units=line.units, event="cob", allowed=allowed)
            left = allowed - prior
            share = left * claim.plan.patient_percent(line.code) // 100
            made.paid = left - share
            parts = ((claim.above, "45", line.charge - allowed), ("OA", "23", prior), ("PR", "2", share))
            made.cas = [one for one in parts if one[2]]
            services.append(made)
        return self._new(claim, services, {"secondary"}, "2")

    def _whole(self, claim: Claim, services: list[Service], traits: set[str]) -> Payment:
        """The same decision, said once for the whole claim; of practices in the network only."""
        if claim.network == "out":
            return self._new(claim, services, traits)
        made = self._new(claim, services, traits | {"claim-level"})
        made.services = []
        made.charge = claim.charge
        made.patient = min(made.patient, made.charge - made.paid)
        off = made.charge - made.paid - made.patient
        made.cas = [one for one in (("CO", "45", off), ("PR", "2", made.patient)) if one[2]]
        return made

    def _split(self, claim: Claim, services: list[Service], traits: set[str]) -> list[Payment]:
        """Several CLP, one number of the practice. Without REF*6R the payer sends LX01 there."""
        count = len(services) if self._dice.chance(500) else 2
        parts = [services[place::count] for place in range(count)]
        wait = self._dice.between(4, 18)
        made = []
        for part in parts:
            one = self._new(claim, part, traits | {"split"})
            one.wait = wait if self._dice.chance(800) else wait + 7
            one.remark = "MA15"
            made.append(one)
        return made

    def _reversed(self, claim: Claim, services: list[Service], traits: set[str]) -> list[Payment]:
        """Paid, taken back with every sign turned, decided again: in one remittance or the correction later."""
        first = self._new(claim, services, traits | {"reversal"})
        later = first.wait + 7 * self._dice.between(1, 2)
        back = [
            replace(
                one,
                charge=-one.charge,
                paid=-one.paid,
                cas=[(group, reason, -cents) for group, reason, cents in one.cas],
                remarks=list(one.remarks),
                event="reversed",
            )
            for one in services
        ]
        turned = replace(first, status="22", services=back, wait=later, traits=set(first.traits), cas=[]).close()
        again = [self._again(one) for one in services]
        corrected = self._new(claim, again, traits | {"correction"})
        corrected.original = first.icn
        corrected.wait = later if self._dice.chance(700) else later + 7
        return [first, turned, corrected]

    def _again(self, one: Service) -> Service:
        """The corrected line: now and then a paid line is refused, else as it was."""
        again = replace(one, cas=list(one.cas), remarks=list(one.remarks))
        if one.line is not None and one.event in ("paid", "paid-reduced") and self._dice.chance(500):
            again.cas, again.paid, again.allowed = [("PR", "204", one.charge)], 0, 0
            again.event = "not-covered"
        return again

    def _spoil(self, made: Payment) -> None:
        """A few lines do not add up; which ones is known."""
        if made.status != "1" or not made.services or made.traits & {"reversal", "correction"}:
            return
        if not self._dice.chance(UNBALANCED):
            return
        for one in made.services:
            for place, (group, reason, cents) in enumerate(one.cas):
                if group == "CO" and cents > OFF_BY:
                    one.cas[place] = (group, reason, cents - OFF_BY)
                    one.event, one.unbalanced = "out-of-balance", True
                    made.traits.add("unbalanced")
                    return

    def _names(self, made: Payment, claim: Claim) -> None:
        """How the patient is written: sometimes without first name, the member id in a variant."""
        member = claim.patient.member
        made.member = member
        if self._dice.chance(30):
            made.first_name = False
            made.traits.add("no-first-name")
        if self._dice.chance(30):
            made.member = self._dice.one((f"{member}01", member.lower(), f"{member[:3]}-{member[3:]}", f"0{member}"))
            made.traits.add("member-variant")
        if self._dice.chance(10):
            made.corrected = f"MBX{self._dice.below(1_000_000_000):09d}"
            made.traits.add("corrected-id")


def received(claim: Claim, made: Payment) -> date:
    """The day on which the payer is done with it."""
    return claim.sent + timedelta(days=made.wait)
