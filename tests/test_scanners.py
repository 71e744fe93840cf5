"""The scanner in C takes a file for what the one in Python takes it for, claim by claim, whatever stands in it."""

import random
import shutil
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing.edi import native, sketch
from bitewing.edi.claim import Claim
from bitewing.edi.compose import compose
from bitewing.edi.delimiters import Delimiters
from bitewing.edi.document import Document
from bitewing.edi.framing import Block
from bitewing.edi.hierarchy import Hierarchy, Located
from bitewing.edi.levels import Level
from bitewing.edi.scan import IN_PYTHON, Marks, Scanner, segments_in
from bitewing.edi.source import BytesSource
from bitewing.edi.values import span
from bitewing.policies.patient import Identity, identity, keys
from bitewing.transforms.catalog import builtin_passes, chosen
from bitewing.transforms.example import parse_claims
from bitewing.transforms.survey import codes_read

IN_C = native.SCANNER
USUAL = Delimiters(b"*", b":", b"^", b"~")
HEAD = b"ISA*00*          *00*          *ZZ*S              *ZZ*R              *260310*0800*^*00501*000000001*0*T*:~"
GROUP = b"GS*HC*S*R*20260310*0800*1*X*005010X224A2~"
FILMS = codes_read(chosen(builtin_passes(), ["missing-first-pa"]))
SERVICES = (
    b"AD:D0220*10",
    b"AD:D0230:22*10",
    b"AD:d0230*1",
    b"AD: D0230*1",
    b"HC:D0230",
    b"AD:D1110",
    b"AD:D1110X*1",
    b"",
)
SEEDS = range(150)


def above(level: Level | None) -> list[tuple[bytes, bytes, int, bytes, str]]:
    """A level and those above it."""
    if level is None:
        return []
    return [(level.id, level.code, level.offset, level.data, str(level.fault)), *above(level.parent)]


def taken_for(data: bytes, scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> Any:
    """All that a walk finds in a file with a scanner."""
    monkeypatch.setattr("bitewing.edi.document.SCANNER", scanner)
    document = bitewing.read(data)
    try:
        blocks = [frame for frame in document.frames() if isinstance(frame, Block)]
    except bitewing.NotReadable as error:
        return str(error)
    found: list[Any] = [
        [(one.base + at, tag) for one in blocks for at, tag in one.marks],
        sum(one.marks.services() for one in blocks),
    ]
    for codes in (None, FILMS, frozenset({"D1110"})):
        walk = Hierarchy()
        found.append(
            [
                (one.offset, one.data, above(one.level), one.transaction.offset)
                for one in document.claims(codes, hierarchy=walk)
            ]
        )
        found += [
            [
                (one.offset, one.kind, one.segments, one.claims, one.claimed, one.closed, one.count_at, one.counted)
                for one in walk.transactions
            ],
            [str(fault) for fault in walk.faults],
        ]
    return found


class Writer:
    """Writes transactions whose HLs are mostly in order. odd: how often one is not."""

    def __init__(self, seed: int, odd: float) -> None:
        self.chance = random.Random(seed)
        self.odd = odd

    def file(self, end: str) -> bytes:
        """An interchange of a few transactions; end: what stands behind each segment."""
        body = b"".join(self.transaction() for _ in range(self.chance.randrange(1, 4)))
        data = HEAD + GROUP + body + b"GE*1*1~IEA*1*000000001~"
        return data.replace(b"~", b"~" + end.encode())

    def strange(self, *choices: bytes) -> bytes:
        """The first of the choices, now and then another."""
        return choices[0] if self.chance.random() >= self.odd else self.chance.choice(choices)

    def transaction(self) -> bytes:
        number = self.chance.choice((1, 1, 1, 7, 98))
        latest = {b"20": 0, b"22": 0}
        parts = [b"ST*837*1*" + self.strange(b"005010X224A2", b"005010X222A1") + b"~BHT*0019*00*1*20260310*0800*CH~"]
        code = b"20"
        for _ in range(self.chance.randrange(1, 30)):
            code = self.strange(code, b"20", b"22", b"23", b"PT", b"2")
            over = {b"22": latest[b"20"], b"23": latest[b"22"]}.get(code, 0)
            said = b"%d" % over if over else b""
            said = self.strange(
                said, b"", b"1", b"%d" % max(over - 1, 0), b"0%d" % over, b"%d" % (number + 1), b"x", said + b"*22"
            )
            own = self.strange(b"%d" % number, b"0%d" % number, b"1", b"%d" % (number + 1), b"", b"1234567890")
            child = self.strange(b"0" if code == b"23" else b"1", b"0", b"", b"2", b"1*9")
            parts.append(b"HL*" + own + b"*" + said + b"*" + code + b"*" + child + b"~")
            if code in latest:
                latest[code] = number
            number += 1
            parts.append(
                self.strange(b"NM1*IL*1*L*F~", b"", b"~", b"HL~", b"HL*~", b"HLX*1~", b" HL*1~", b"CLP*1~CLM*C*1~")
            )
            if code != b"20" or self.chance.random() < self.odd:
                parts += [self.claim() for _ in range(self.chance.choice((0, 1, 1, 2)))]
            code = {b"20": b"22", b"22": b"23"}.get(code, self.chance.choice((b"20", b"22", b"22", b"23")))
            if code == b"23" and self.chance.random() < 0.5:
                code = b"22"
        parts.append(self.strange(b"SE*9*1~", b"", b"SE~", b"SE*9*2~", b"SE*9"))
        return b"".join(parts)

    def claim(self) -> bytes:
        services = b"".join(
            b"LX*%d~SV3*%s~" % (at + 1, self.chance.choice(SERVICES)) for at in range(self.chance.randrange(4))
        )
        return b"CLM*C*10~" + self.strange(b"", b"CLP*1~", b"CLM~", b"NTE*ADD*CLM*X D0230~") + services


@pytest.mark.parametrize("end", ["", "\n", "\r\n", " ", "\t\n", "\r\n   "], ids=ascii)
@pytest.mark.parametrize("odd", [0.0, 0.01, 0.1])
def test_it_finds_the_same_claims(odd: float, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in SEEDS:
        data = Writer(seed, odd).file(end)
        monkeypatch.setattr("bitewing.edi.framing.BLOCK", 200 + 37 * (seed % 20))
        monkeypatch.setattr("bitewing.edi.hierarchy._FEW", seed % 3 * 8)
        assert taken_for(data, IN_C, monkeypatch) == taken_for(data, IN_PYTHON, monkeypatch), seed


@pytest.mark.parametrize("bytes_of", [b"\x1c\x1d\x1f", b"\n*:", b"\0*:", b"!\0:", b"\xfe\xfd\xfc", b"~|>"], ids=ascii)
def test_it_finds_the_same_whatever_the_delimiters(bytes_of: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """In files of several interchanges, each with delimiters of its own."""
    other = bytes.maketrans(b"~*:", bytes_of)
    monkeypatch.setattr("bitewing.edi.hierarchy._FEW", 0)
    for seed in range(30):
        parts = [Writer(seed + at, 0.02).file("") for at in (0, 100, 200)]
        data = parts[0] + parts[1].translate(other) + b"\r\n" + parts[2]
        monkeypatch.setattr("bitewing.edi.framing.BLOCK", 500 + 301 * (seed % 7))
        assert taken_for(data, IN_C, monkeypatch) == taken_for(data, IN_PYTHON, monkeypatch), seed


def test_it_finds_the_same_in_a_file_that_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Writer(4, 0.02).file("")
    for length in range(len(HEAD), len(data), 7):
        assert taken_for(data[:length], IN_C, monkeypatch) == taken_for(data[:length], IN_PYTHON, monkeypatch), length


@pytest.mark.parametrize("profile", ["clinic", "every-loop"])
@pytest.mark.parametrize("levels", ["guide", "any"])
def test_it_finds_the_same_in_files_of_the_generator(
    generator: ModuleType, profile: str, levels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    out = io.BytesIO()
    freedom = generator.Freedom(levels=levels, siblings="any", sloppy=0.2)
    generator.generate(out, claims=60, claims_per_transaction=25, groups=2, profile=profile, freedom=freedom)
    data = out.getvalue()
    monkeypatch.setattr("bitewing.edi.framing.BLOCK", 5000)

    assert taken_for(data, IN_C, monkeypatch) == taken_for(data, IN_PYTHON, monkeypatch)


def test_levels_in_order_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the tests above would compare one way with itself."""
    looked_at: list[bytes] = []
    one_by_one = Hierarchy._hl

    def noted(self: Hierarchy, data: bytes, *rest: Any) -> None:
        looked_at.append(data)
        one_by_one(self, data, *rest)

    monkeypatch.setattr(Hierarchy, "_hl", noted)
    monkeypatch.setattr("bitewing.edi.hierarchy._FEW", 0)
    monkeypatch.setattr("bitewing.edi.framing.BLOCK", 400)
    for seed in SEEDS:
        taken_for(Writer(seed, 0.0).file("\n"), IN_C, monkeypatch)
    assert not looked_at

    taken_for(Writer(1, 0.0).file("\n"), IN_PYTHON, monkeypatch)
    assert looked_at


def test_it_is_built_wherever_it_can_be() -> None:
    """Else the tests above would compare one way with itself."""
    header = Path(sysconfig.get_path("include")) / "Python.h"
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if not header.is_file() or shutil.which(compiler) is None:
        pytest.skip("there is no C compiler, or Python's headers are not installed")

    assert native.BUILT


PIECES = (
    b"", b"~", b"~~", b"*", b":", b" ", b"\n", b"\r\n ", b"\0", b"\xff", b"~ISA*", b"~IEA*1~", b"~GS*", b"~GE*1~",
    b"~ST*837*1~", b"~SE*1*1~", b"~HL*1**20*1~", b"~HL*2*1*22*0~", b"~HL~", b"~HL", b"~CLM*C*1~", b"~CLP*C*1~",
    b"~CLM", b"~SV3*AD:D0230*1~", b"~SV3*AD:D0120:22*1~", b"~SV3*", b"~SV3*AD:D0230", b"~SV3~", b"~LX*1~",
    b"~SV31*AD:D0230*1~", b"~HL\0*1**20*1~", b"~ST\0*837*1~", b"~SE\0*9~", b"~CLMS*1~", b"~CAS*1~", b"~ISB*1~",
    b"~H*1~", b"~DTP*472*D8*20260310~", b"~DTP*472*RD8*20260310-20260311~", b"~NTE*ADD*SV3*X CLM*Y HL*Z~",
)  # fmt: skip


def known(marks: Marks) -> list[Any]:
    """All that marks say."""
    bounds = range(-1, len(marks) + 1)
    return [
        list(marks),
        marks.outer,
        marks.empties,
        marks.counts(),
        marks.services(),
        [[marks.segments(first, last) for last in bounds if last > first] for first in bounds],
        [marks.carriers(codes) for codes in (frozenset({"D0220", "D0230"}), frozenset({"D012"}), frozenset[str]())],
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_marks_say_the_same(seed: int) -> None:
    """Of bytes of every kind, and of a part of them as of that part alone."""
    chance = random.Random(seed)
    other = chance.choice((b"~*:", b"\n*:", b"\0*:", b"!\0:", b"\xfe\xfd\xfc", b"\\)]"))
    delimiters = Delimiters(other[1:2], other[2:], b"^", other[:1])
    for _ in range(30):
        data = b"".join(chance.choices(PIECES, k=chance.randrange(20)))
        data = data[chance.randrange(3) :].translate(bytes.maketrans(b"~*:", other))
        marks, expected = IN_C.scan(data, delimiters), IN_PYTHON.scan(data, delimiters)
        assert known(marks) == known(expected), data
        assert marks.segments(-1, len(marks)) == segments_in(data, delimiters), data

        lead = delimiters.segment
        assert IN_C.tally(data, lead) == IN_PYTHON.tally(data, lead), data

        part = data[: chance.randrange(len(data) + 1)]
        if not part or part.endswith(lead):
            assert known(marks.within(part)) == known(expected.within(part)), part


CLAIM = (
    b"CLM*C*78***11:B:1*Y*A*Y*Y~DTP*472*D8*20260310~NTE*ADD*X~NM1*82*1*X~SBR*S*18~NM1*IL*1*X~NM1*PR*2*X~LX*1~"
    b"SV3*AD:D0230:22*26.00**::10**2~TOO*JP*8~DTP*472*D8*20260310~REF*6R*1~NM1*82*1*X~LX*2~SV3*AD:D0120*26~"
    b"DTP*472*D8*20260310~SVD*P*1~LX*3~SV3*AD:D0230*26.5**11***D:1~LX*4~SV3*AD:D0230*1*****3*1~"
)
DATE = b"DTP*472*D8*20260310~"
BY_LINE = CLAIM.replace(DATE, b"", 1).replace(b"LX*4", DATE + b"LX*4") + DATE
SUBSCRIBER = b"HL*2*1*22*0~SBR*P*18*******CI~NM1*IL*1*DOE*JANE*A***MI*M123~N3*X~DMG*D8*19800101*F~NM1*PR*2*PAYER~"
PATIENT = b"HL*3*2*23*0~PAT*19~NM1*QC*1*ROE*JOHN~N3*X~DMG*D8*20150101*M~"
BITS = (
    b"", b"0", b"1", b"10", b"100", b"x", b"~", b"*", b":", b"::", b"\n", b" ", b"\0", b".5", b".555", b"-", b"D0230",
    b"d0230", b"D023", b"D02301", b"HC", b"RD8", b"20260311", b"20260230", b"LX*", b"~LX*5~", b"SV3*", b"~SV3~",
    b"~SV3*AD:D0230*1~", b"~DTP*472*D8*20260310~", b"DTP*472*", b"~DTP*472*D8*20260311*~", b"~DTP*472~", b"TOO*",
    b"~TOO*JP*9~", b"~TOO~", b"~SBR*S*18~", b"~SBR~", b"~SVD*P~", b"~NM1~", b"~NM1:IL*1*ROE*X~", b"~NM1*82*1*X~",
    b"~NM1*77*2~", b"~NM1*XX*1~", b"~NM1*87*1*X~", b"~NM1*IL*1*ROE~", b"~NM1*IL~", b"NM1*IL*1*X", b"NM1*",
    b"NM1*QC*1*DOE", b"~NM1*QC*1*ROE*JOHN~", b"DMG*", b"~DMG~", b"~DMG*D8*19800230~", b"~DMG*D8*19990101*F~",
    b"DMG*D8*1980010~", b"~HL\0*1~", b":A:B:C:D:E", b"~NM1*82X*1~", b"999999999", b"1234567890",
)  # fmt: skip


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """Some bytes with something else in a few places, but for how they begin."""
    ends = [at for at in range(len(data)) if data[at : at + 1] == b"~"]
    for _ in range(chance.randrange(4)):
        at = chance.choice((chance.randrange(4, len(data) + 1), chance.choice(ends)))
        data = data[:at] + chance.choice(BITS) + data[at + chance.choice((0, 0, 1, 2, 5)) :]
    return data


@pytest.fixture(scope="module")
def usual() -> Claim:
    """A claim of a patient who is not the subscriber."""
    return next(bitewing.read(compose(parse_claims(("C1 patient=TWIN-A: D0120 58.00",)))).claims())


@pytest.mark.parametrize("seed", range(100))
def test_what_is_told_of_a_claim_at_first_sight_is_so(seed: int, usual: Claim) -> None:
    """It is what the reader finds, in a claim that can be read; and most claims are told."""
    if not native.BUILT:
        pytest.skip("the scanner in C is not built here")
    chance = random.Random(seed)
    told = 0
    for _ in range(100):
        data = spoilt(chance.choice((CLAIM, BY_LINE)), chance)
        seen = native.GLANCE(data, USUAL)
        if seen is None:
            continue
        told += 1
        claim = usual.edited(data, ())
        claim.check_shape()
        lines = claim.lines
        assert seen.codes == tuple(line.code for line in lines), data
        assert not any(line.description for line in lines), data
        assert {line.service_date for line in lines} == {span("D8", seen.day.decode())}, data
        assert all(
            seen.units(code) == sum(line.quantity for line in lines if line.code == code) for code in seen.codes
        ), data
        assert seen.crowded >= any(line.quantity > 1 and len(line.teeth) > 1 for line in lines), data
    assert told > 25


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"D0120*26", b"D0120:A:B:C:D:E*26"),
        (b"D0120*26", b"D0120*NaN"),
        (b"D0120*26", b"D0120*26****1.5"),
        (b"CLM*C*78", b"CLM*C*1e9"),
        (b"AD:D0120", b"HC:D0120"),
        (b"D8*20260310", b"D8*20260311"),
        (DATE, b""),
        (DATE, b"DTP*472*RD8*20260310-20260310~"),
        (b"REF*6R*1~", b"SV3*AD:D0120*26~"),
        (b"NTE*ADD*X~", b"NM1*QC*1*X~"),
        (b"SBR*S*18~", b""),
    ],
)
def test_what_is_odd_is_left_to_the_reader(before: bytes, after: bytes) -> None:
    assert before in BY_LINE
    assert native.GLANCE(BY_LINE.replace(before, after, 1), USUAL) is None


def test_as_many_lines_as_there_may_be(usual: Claim) -> None:
    line = b"LX*1~SV3*AD:D0120*1~"
    head = b"CLM*C*50***11:B:1*Y*A*Y*Y~DTP*472*D8*20260310~"

    told = [native.GLANCE(head + line * count, USUAL) for count in (50, 51)]

    assert [seen and len(seen.codes) for seen in told] == [50 if native.BUILT else None, None]


@pytest.mark.parametrize("named", [native.named, sketch.named], ids=["in C", "in Python"])
@pytest.mark.parametrize("seed", range(50))
def test_whom_an_hl_names_at_first_sight_is_so(
    seed: int, named: Any, usual: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys of a claim are those of the identity that is read in full, or neither can be read."""
    if named is native.named and not native.BUILT:
        pytest.skip("the scanner in C is not built here")
    monkeypatch.setattr("bitewing.policies.patient.NAMED", named)
    chance = random.Random(seed)
    known = 0
    for _ in range(100):
        subscriber = Level.read(spoilt(SUBSCRIBER, chance), 0, USUAL, usual.billing_level)
        patient = Level.read(spoilt(PATIENT, chance), 0, USUAL, subscriber)
        level = chance.choice((subscriber, patient))
        if (subscriber.code, patient.code) != (b"22", b"23"):
            continue
        claim = Claim(Located(usual.data, usual.offset, level, usual.transaction))
        known += named(level.data, USUAL) is not None
        said: list[Any] = []
        for read in (keys, identity):
            try:
                said.append(read(claim))
            except bitewing.EdiError as error:
                said.append(str(error))
        first, full = said
        if isinstance(full, Identity):
            assert first[0] == full.key, (subscriber.data, patient.data)
            # A member id more than the reader finds joins claims that are then told apart; one less would hide some.
            member = hash((full.member, claim.transaction.group.interchange.usage))
            assert first[1] == member or not full.member, (subscriber.data, patient.data)
        else:
            assert first == full, (subscriber.data, patient.data)
    assert known > 30


class Counting(BytesSource):
    """Counts the bytes that are read."""

    count = 0

    def read(self, offset: int, length: int) -> bytes:
        data = super().read(offset, length)
        self.count += len(data)
        return data


def test_many_small_interchanges_are_not_read_over_and_over() -> None:
    one = compose(parse_claims(("C1: D0220 32.00",)))
    source = Counting(one * 500)

    assert sum(isinstance(frame, Block) for frame in Document(source).frames()) == 500
    assert source.count < 500 * (20 << 10)
