"""Whatever a file holds and whatever fails, the hook loses nothing: what may go on goes on, the rest is set aside."""

import io
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing import Limits, Mode, Partner, Policy, Processed
from bitewing.edi.acks.answers import ClaimAnswer
from bitewing.edi.acks.read import answers
from bitewing.edi.compose import compose
from bitewing.edi.conformance.validate import validate
from bitewing.edi.document import Document
from bitewing.edi.edit import splice
from bitewing.edi.errors import NotKept
from bitewing.edi.finding import Action
from bitewing.exits import Exit
from bitewing.hook import process as contract
from bitewing.hook.numbers import Numbers
from bitewing.hook.policy import Address
from bitewing.hook.result import Verdict
from bitewing.transforms.example import parse_claims

NOW = datetime(2026, 3, 2, 10, 0)
APPLY = Policy(mode=Mode.APPLY)
DAMAGED = compose(parse_claims(("C1: D0230 x3 78.00 #30",)))
RIGHT = compose(parse_claims(("C1: D0220 26.00 #30",)))


def process(data: bytes, policy: Policy = APPLY, **said: Any) -> Processed:
    return bitewing.process(data, policy=policy, **({"clock": lambda: NOW, "ids": Numbers(500)} | said))


def between(data: bytes, sender: str, control: bytes = b"000000777") -> bytes:
    """The same interchange from somebody else, under another control number."""
    begin = data[:35] + sender.encode().ljust(15) + data[50:]
    return begin.replace(data[90:99], control)


def spoilt(data: bytes, numbers: set[int]) -> bytes:
    """Some of the claims, by their place, with a total that is no amount: their guide refuses them."""
    edits = []
    for number, claim in enumerate(Document.of(data).claims()):
        if number in numbers:
            head = claim.data[: claim.data.find(b"~")]
            elements = head.split(b"*")
            edits.append(bitewing.Edit(claim.offset, head, b"*".join([*elements[:2], b"x", *elements[3:]])))
    return splice(data, 0, edits)


def claims_of(*files: bytes) -> Counter[bytes]:
    return Counter(claim.data.rstrip() for data in files if data for claim in Document.of(data).claims())


def refusing(data: bytes) -> list[str]:
    return [fault.rule for one in validate(Document.of(data)) for fault in one.faults if fault.rejects]


@pytest.fixture(scope="module")
def batch(generator: ModuleType) -> bytes:
    out = io.BytesIO()
    generator.generate(out, claims=60, seed=4, faults=1.0)
    return out.getvalue()


# -------------------------------------------------------------------------------------------------------------- modes


def test_shadow_is_what_holds_unless_more_is_said_and_it_changes_and_says_nothing() -> None:
    done = process(DAMAGED, Policy())

    assert (done.data, done.verdict, done.findings, done.acks) == (DAMAGED, Verdict.UNCHANGED, (), {})
    assert [(one.finding.name, one.mode, one.applied) for one in done.told] == [
        ("missing-first-pa", Mode.SHADOW, False)
    ]
    assert done.exit("repair") is Exit.DONE


def test_propose_says_and_answers_and_changes_nothing() -> None:
    done = process(DAMAGED, Policy(mode=Mode.PROPOSE))

    assert done.data == DAMAGED
    assert [finding.name for finding in done.findings] == ["missing-first-pa"]
    assert done.findings[0].edits
    assert sorted(done.acks) == ["277ca", "999", "ta1"]
    assert (done.exit(), done.exit("repair")) == (Exit.DONE, Exit.FINDINGS)


def test_apply_is_what_repair_does(demo: Path, batch: bytes) -> None:
    for data in (*(path.read_bytes() for path in sorted(demo.glob("*.837"))), batch, DAMAGED):
        done = process(data)

        assert done.data == bitewing.repair(data).data
        assert done.data == splice(data, 0, done.edits)
        assert (done.verdict is Verdict.CHANGED) == (done.data != data)


def test_a_pass_by_itself_can_be_promoted_and_held_back(batch: bytes, demo: Path) -> None:
    repeated = (demo / "3-first-film-repeated.837").read_bytes()
    promoted = process(batch, Policy(pass_modes={"missing-first-pa": Mode.APPLY}))
    held = process(batch + repeated, APPLY._replace(pass_modes={"repeated-first-pa": Mode.PROPOSE}))
    only = bitewing.repair(
        batch, passes=[one for one in _passes() if not one.repairs or one.name == "missing-first-pa"]
    )

    assert {one.finding.name for one in promoted.told if one.applied} == {"missing-first-pa"}
    assert promoted.data == only.data != batch
    assert "repeated-first-pa" in {one.finding.name for one in held.told if not one.applied and one.finding.edits}
    assert "repeated-first-pa" not in {one.finding.name for one in held.told if one.applied}


def _passes() -> list[Any]:
    from bitewing.transforms.catalog import builtin_passes, chosen

    return chosen(builtin_passes())


def test_a_partner_is_promoted_alone_in_one_file_with_another() -> None:
    north, south = between(DAMAGED, "NORTH"), between(DAMAGED, "SOUTH", b"000000778")
    south = south.replace(b"*20260310~", b"*20260311~")  # another day: claims of one day are judged together
    policy = Policy(partners=(Partner("north", Address(isa06="NORTH"), Mode.APPLY),))

    done = process(north + south, policy)

    assert done.data == bitewing.repair(north).data + south
    assert [(one.mode, one.applied) for one in done.told] == [(Mode.APPLY, True), (Mode.SHADOW, False)]
    assert done.acks["ta1"].count(b"ISA*") == 1, "who is measured in silence is not answered"


@pytest.mark.parametrize("key", ["isa08", "gs02", "gs03"])
def test_a_partner_is_known_by_each_part_of_its_address(key: str) -> None:
    isa, gs = DAMAGED.split(b"~")[0].split(b"*"), DAMAGED.split(b"~")[1].split(b"*")
    value = {"isa08": isa[8], "gs02": gs[2], "gs03": gs[3]}[key].decode().strip()

    known = process(DAMAGED, Policy(partners=(Partner("one", Address(**{key: value}), Mode.APPLY),)))
    other = process(DAMAGED, Policy(partners=(Partner("one", Address(**{key: value + "9"}), Mode.APPLY),)))

    assert (known.verdict, other.verdict) == (Verdict.CHANGED, Verdict.UNCHANGED)


def test_the_lower_of_pass_and_partner_counts_and_the_caller_is_the_ceiling() -> None:
    partner = Partner("all", Address(isa06="x"), Mode.APPLY)
    policy = Policy(pass_modes={"a": Mode.PROPOSE}, partners=(partner,))
    here = Address("x", "y", "z", "w")

    assert policy.mode_of("a", here) is Mode.PROPOSE
    assert policy.mode_of("b", here) is Mode.APPLY
    assert policy.mode_of("b", here, Mode.SHADOW) is Mode.SHADOW
    assert policy.mode_of("b", Address(), Mode.APPLY) is Mode.APPLY
    assert policy._replace(partners=(partner._replace(passes={"a": Mode.APPLY}),)).mode_of("a", here) is Mode.APPLY


# --------------------------------------------------------------------------------------------------- what goes wrong


def _break(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(contract, "judged", failing)


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "hook-failed": lambda patch: _break(patch, RuntimeError("DOE JANE 19800101")),
    "repair-not-kept": lambda patch: _break(patch, NotKept("no")),
    "hook-out-of-time": lambda patch: _break(patch, contract.OutOfTime()),
}


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_fails_the_original_goes_on_with_a_finding_and_an_alert(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    FAULTS[name](monkeypatch)
    done = process(DAMAGED)

    assert (done.data, done.verdict, done.alert, done.exit()) == (DAMAGED, Verdict.PASSED, True, Exit.INTERNAL)
    assert [finding.name for finding in done.findings] == [name]
    assert "DOE" not in str(done.told)


@pytest.mark.parametrize("name", FAULTS)
def test_where_it_must_not_go_on_unprocessed_it_is_set_aside(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)
    done = process(DAMAGED, APPLY._replace(mandatory=True))

    assert (done.data, done.verdict, done.alert, done.exit()) == (b"", Verdict.QUARANTINED, True, Exit.PARTIAL)
    assert [one.data for one in done.quarantine] == [DAMAGED]


def test_a_deadline_is_kept_wherever_it_passes(batch: bytes) -> None:
    steps = iter(range(100_000))
    taken = 0
    for limit in (0, 1, 3, 10, 50, 100):
        done = process(batch, deadline=limit, timer=lambda: float(next(steps)))
        taken += done.verdict is Verdict.PASSED
        if done.verdict is Verdict.PASSED:
            assert (done.data, [one.name for one in done.findings]) == (batch, ["hook-out-of-time"])
    assert taken > 1


def test_what_is_too_large_goes_on_as_it_is() -> None:
    done = process(DAMAGED, APPLY._replace(limits=Limits(len(DAMAGED) - 1)))

    assert (done.data, [one.name for one in done.findings]) == (DAMAGED, ["hook-too-large"])


@pytest.mark.parametrize("data", [b"", b"no interchange", DAMAGED[:50], DAMAGED.replace(b"HL*2*1", b"HL*2*9")])
def test_what_cannot_be_read_goes_on_as_it_is(data: bytes) -> None:
    done = process(data)

    assert (done.data, done.verdict, done.alert, done.exit()) == (data, Verdict.UNREADABLE, True, Exit.UNREADABLE)
    assert {one.name for one in done.findings} == {"not-readable"}


def test_tests_and_production_are_not_mixed() -> None:
    production = DAMAGED[:102] + b"P" + DAMAGED[103:]
    test = between(DAMAGED[:102] + b"T" + DAMAGED[103:], "NORTH")

    assert process(production).verdict is process(test).verdict is Verdict.CHANGED
    for mixed in (production + test, test + production):
        done = process(mixed)
        assert (done.data, [one.name for one in done.findings]) == (mixed, ["test-and-production-mixed"])


# -------------------------------------------------------------------------------------------------------------- split

SPLIT = APPLY._replace(split=True)


@pytest.mark.parametrize("seed", range(12))
def test_refused_claims_are_set_aside_each_in_a_valid_envelope_of_its_own(batch: bytes, seed: int) -> None:
    dice = random.Random(seed)
    bad = set(dice.sample(range(60), dice.choice([1, 2, 5, 20, 45])))
    data = spoilt(batch, bad)
    refused = [claim.id for number, claim in enumerate(Document.of(data).claims()) if number in bad]

    done = process(data, SPLIT._replace(pass_modes={one.name: Mode.PROPOSE for one in _passes()}))

    assert done.verdict is Verdict.SPLIT
    assert done.exit() is Exit.PARTIAL
    assert refusing(done.data) == []
    assert claims_of(done.data, *(one.data for one in done.quarantine)) == claims_of(data)
    assert [one.place.claim for one in done.quarantine] == refused
    for one in done.quarantine:
        # Mended, it is a valid file: its envelope has no fault of its own.
        assert refusing(one.data)
        assert refusing(_mended(one.data)) == []
    answered = {one.id for one in answers(Document.of(done.acks["277ca"])) if isinstance(one, ClaimAnswer)}
    assert set(refused) <= answered
    assert splice(data, 0, done.edits) == done.data


def _mended(data: bytes) -> bytes:
    claim = next(iter(Document.of(data).claims()))
    return data.replace(b"*x*", b"*%s*" % str(claim.total_of_lines).encode(), 1)


def test_the_rest_is_repaired_and_places_are_those_of_the_original(batch: bytes) -> None:
    data = spoilt(batch, {0, 1, 2})
    done = process(data, SPLIT)

    made = [one for one in done.told if one.applied and one.finding.edits]
    assert made
    for one in made:
        for edit in one.finding.edits:
            assert data[edit.offset : edit.offset + len(edit.before)] == edit.before
        assert data[one.finding.place.claim_at :].startswith(b"CLM*" + one.finding.place.claim.encode())
    kept = {claim.id for claim in Document.of(done.data).claims()}
    whole = {claim.id: claim.data for claim in Document.of(bitewing.repair(batch).data).claims()}
    assert all(claim.data == whole[claim.id] for claim in Document.of(done.data).claims() if claim.id in kept)


FILMS = "C1: D0220 32.00 #3", "C2: D0230 26.00 #4"
"""Two claims of one patient and date."""


@pytest.mark.parametrize("first", ["D0220", "D0210", "D0707"])
def test_what_is_set_aside_still_stands_beside_what_goes_on(first: str) -> None:
    """Its first film is the date's; alone, the other claim would be recoded."""
    data = compose(parse_claims([FILMS[0].replace("D0220", first), FILMS[1]]))
    done = process(spoilt(data, {0}), SPLIT)

    assert done.verdict is Verdict.SPLIT
    assert [one.place.claim for one in done.quarantine] == ["C1"]
    assert b"AD:D0230*26.00" in done.data
    assert [one.finding.action for one in done.told if one.finding.place.claim == "C2"][:1] != [Action.REPAIR]

    alone = process(spoilt(compose(parse_claims(["C1 patient=P2: D0220 32.00 #3", FILMS[1]])), {0}), SPLIT)
    assert b"AD:D0220*26.00" in alone.data


def test_what_is_set_aside_and_can_be_read_is_known_by_its_dates() -> None:
    data = compose(parse_claims(["C1: D0220 32.00 #3 @20260309", FILMS[1]]))
    other = data.replace(b"CLM*C1*32.00*", b"CLM*C1*33.00*")
    done = process(other, SPLIT)

    assert [one.place.claim for one in done.quarantine] == ["C1"]
    assert b"AD:D0220*26.00" in done.data


def test_where_all_is_refused_nothing_goes_on(batch: bytes) -> None:
    data = spoilt(batch, set(range(60)))
    done = process(data, SPLIT)

    assert (done.data, done.verdict, done.exit()) == (b"", Verdict.QUARANTINED, Exit.PARTIAL)
    assert claims_of(*(one.data for one in done.quarantine)) == claims_of(data)


def test_a_header_that_is_refused_takes_its_transaction_along() -> None:
    good, bad = between(RIGHT, "NORTH"), between(RIGHT, "SOUTH", b"000000778").replace(b"BHT*0019*", b"BHT*0099*")
    done = process(good + bad, SPLIT)

    assert done.data == good
    assert [one.claims for one in done.quarantine] == [1]
    assert Document.of(done.quarantine[0].data).transactions()[0].enveloped


def test_numbers_of_envelopes_that_are_set_aside_are_new(batch: bytes) -> None:
    done = process(spoilt(batch, {3, 4}), SPLIT, ids=Numbers(41))

    assert [one.data[90:99] for one in done.quarantine] == [b"000000041", b"000000042"]
    assert done.acks["ta1"][90:99] == b"000000043"


def test_nothing_is_split_where_the_partner_is_only_proposed_to(batch: bytes) -> None:
    data = spoilt(batch, {3})
    done = process(data, SPLIT._replace(mode=Mode.PROPOSE))

    assert (done.data, done.quarantine) == (data, ())
    assert done.acks


# -------------------------------------------------------------------------------------------------------- determined


def test_the_same_input_has_the_same_outcome(batch: bytes) -> None:
    data = spoilt(batch, {7})

    assert process(data, SPLIT) == process(data, SPLIT)


def test_threads_do_not_disturb_each_other(batch: bytes) -> None:
    files = [spoilt(batch, {number}) for number in range(6)]
    alone = [process(data, SPLIT) for data in files]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda data: process(data, SPLIT), files * 2))

    assert together == alone * 2


def test_its_own_output_is_left_alone(batch: bytes) -> None:
    once = process(spoilt(batch, {7}), SPLIT)
    again = process(once.data, SPLIT)

    assert (again.data, again.quarantine) == (once.data, ())
