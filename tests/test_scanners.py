"""A large file, read as arrays, is taken for what a small one is, claim by claim, whatever its HLs say."""

import random
from types import ModuleType
from typing import Any

import pytest

import bitewing
from bitewing.edi.compose import compose
from bitewing.edi.document import Document
from bitewing.edi.framing import Block
from bitewing.edi.hierarchy import Hierarchy
from bitewing.edi.levels import Level
from bitewing.edi.source import BytesSource
from bitewing.transforms.catalog import builtin_passes, chosen
from bitewing.transforms.example import parse_claims
from bitewing.transforms.survey import codes_read

HEAD = b"ISA*00*          *00*          *ZZ*S              *ZZ*R              *260310*0800*^*00501*000000001*0*T*:~"
GROUP = b"GS*HC*S*R*20260310*0800*1*X*005010X224A2~"
FILMS = codes_read(chosen(builtin_passes(), ["missing-first-pa"]))
SMALL, LARGE = 1 << 40, 0
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
SEEDS = range(100)


def above(level: Level | None) -> list[tuple[bytes, bytes, int, bytes, str]]:
    """A level and those above it."""
    if level is None:
        return []
    return [(level.id, level.code, level.offset, level.data, str(level.fault)), *above(level.parent)]


def taken_for(data: bytes, size: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """All that a walk finds in a file, where files of this size count as large."""
    monkeypatch.setattr("bitewing.edi.document.LARGE", size)
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
def test_arrays_find_the_same_claims(odd: float, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in SEEDS:
        data = Writer(seed, odd).file(end)
        monkeypatch.setattr("bitewing.edi.framing.BLOCK", 200 + 37 * (seed % 20))
        monkeypatch.setattr("bitewing.edi.hierarchy._FEW", seed % 3 * 8)
        assert taken_for(data, LARGE, monkeypatch) == taken_for(data, SMALL, monkeypatch), seed


@pytest.mark.parametrize("bytes_of", [b"\x1c\x1d\x1f", b"\n*:", b"\0*:", b"!\0:", b"\xfe\xfd\xfc", b"~|>"], ids=ascii)
def test_arrays_find_the_same_whatever_the_delimiters(bytes_of: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """In files of several interchanges, each with delimiters of its own."""
    other = bytes.maketrans(b"~*:", bytes_of)
    monkeypatch.setattr("bitewing.edi.hierarchy._FEW", 0)
    for seed in range(30):
        parts = [Writer(seed + at, 0.02).file("") for at in (0, 100, 200)]
        data = parts[0] + parts[1].translate(other) + b"\r\n" + parts[2]
        monkeypatch.setattr("bitewing.edi.framing.BLOCK", 500 + 301 * (seed % 7))
        assert taken_for(data, LARGE, monkeypatch) == taken_for(data, SMALL, monkeypatch), seed


def test_arrays_find_the_same_in_a_file_that_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Writer(4, 0.02).file("")
    for length in range(len(HEAD), len(data), 7):
        assert taken_for(data[:length], LARGE, monkeypatch) == taken_for(data[:length], SMALL, monkeypatch), length


@pytest.mark.parametrize("profile", ["clinic", "every-loop"])
@pytest.mark.parametrize("levels", ["guide", "any"])
def test_arrays_find_the_same_in_files_of_the_generator(
    generator: ModuleType, profile: str, levels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    out = io.BytesIO()
    freedom = generator.Freedom(levels=levels, siblings="any", sloppy=0.2)
    generator.generate(out, claims=60, claims_per_transaction=25, groups=2, profile=profile, freedom=freedom)
    data = out.getvalue()
    monkeypatch.setattr("bitewing.edi.framing.BLOCK", 5000)

    assert taken_for(data, LARGE, monkeypatch) == taken_for(data, SMALL, monkeypatch)


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
        taken_for(Writer(seed, 0.0).file("\n"), LARGE, monkeypatch)
    assert not looked_at

    taken_for(Writer(1, 0.0).file("\n"), SMALL, monkeypatch)
    assert looked_at


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
