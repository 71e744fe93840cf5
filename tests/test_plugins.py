"""A plugin runs only where it is allowed, and whatever it does, the file and what others found are safe."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bitewing.edi.compose import compose
from bitewing.transforms.example import parse_claims

Install = Callable[..., Path]

CLAIMS = ("C1: D0140 85.00 | D0120 58.00 #3 ref=G1:AUTH", "C2 patient=P2: D0230 26.00")
DATA = compose(parse_claims(CLAIMS))
REPAIRED = DATA.replace(b"D0230", b"D0220")
"""What the built-in passes make of it: they have nothing to say on C1."""
SECOND_LINE = b"LX*2~SV3*AD:D0120*58.00~TOO*JP*3~DTP*472*D8*20260310~REF*G1*AUTH~REF*6R*L2~"

HEAD = """
from bitewing.edi.claim import Claim
from bitewing.edi.edit import Edit
from bitewing.edi.finding import Action, Fix
from bitewing.edi.hierarchy import Transaction
from bitewing.plugins import hookimpl
from bitewing.transforms.day import Day
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check, flag, info, repair
from bitewing.transforms.practice import Practice
"""
PASS = '''
@check("{code}", "{name}", looks_at={looks_at}, repairs={repairs}, source="a test", examples=(
    Example("one", ("C1: D0120 58.00",), ("flag 1",)), Example("none", ("C1: D0140 85.00",))))
def {function}(subject: {unit}):
    """A line is for D0120.

    Nothing is wrong with that.
    """
    {body}
'''
HOOK = """
@hookimpl
def bitewing_passes():
    return [{passes}]
"""
SAYS = "yield flag([line for line in subject.lines if line.code == 'D0120'], 'there it is')"


def a_pass(body: str = SAYS, **more: Any) -> str:
    """The source of a module that offers one pass, Z900."""
    words = {"code": "Z900", "name": "sample-fault", "looks_at": {"D0120"}, "repairs": False, "unit": "Claim"} | more
    function = words["name"].replace("-", "_")
    return HEAD + PASS.format(**words, function=function, body=body) + HOOK.format(passes=function)


def a_fix(fix: str, condition: str = "True", lines: str = "[subject.lines[-1]]") -> str:
    """The source of a module whose pass repairs C1 by this fix."""
    body = (
        f"if subject.id == 'C1' and {condition}: yield Remark(Action.REPAIR, tuple({lines}), 'mended', {fix}, subject)"
    )
    return a_pass(body, repairs=True)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution with one plugin on the path, and gives a configuration that allows it."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(site)

    def put(source: str, *, name: str = "sample", allow: list[str] | None = None, module: str = "") -> Path:
        package = site / f"{name}_passes"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (site / f"{module}.py" if module else package / "rules.py").write_text(source)
        info = site / f"{name}_passes-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-passes\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[bitewing]\n{name} = {module or f'{name}_passes.rules'}\n")
        config = tmp_path / "bitewing.toml"
        config.write_text(f"[plugins]\nallow = {json.dumps(allow or [name])}\n")
        return config

    yield put
    for module in [one for one in sys.modules if one.partition(".")[0].endswith("_passes")]:
        del sys.modules[module]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.837"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def repaired(
    bitewing_command: Callable[..., Any], file: Path
) -> Callable[[Path], tuple[set[tuple[str, str, bool]], bytes]]:
    """Repairs the file as configured: (name, claim, applied) of every finding, and the bytes that were written."""

    def run(config: Path) -> tuple[set[tuple[str, str, bool]], bytes]:
        out = file.with_name("out.837")
        said = bitewing_command("repair", file, "-o", out, "--config", config, "--format", "json")
        records = [json.loads(line) for line in said.text.splitlines()]

        assert (said.code, said.err) == (0, ""), said.err
        assert records[-1]["repaired"] == sum(one["applied"] for one in records[:-1])

        found = {(one["name"], one["claim"], one["applied"]) for one in records if one["type"] == "finding"}
        return found, out.read_bytes()

    return run


MENDED = ("missing-first-pa", "C2", True)

# ------------------------------------------------------------------------------------------------------- who is allowed


def test_a_plugin_is_not_even_loaded_where_it_is_not_allowed(
    install: Install, file: Path, bitewing_command: Callable[..., Any]
) -> None:
    install("raise RuntimeError('it was loaded')")

    assert "sample" not in bitewing_command("check", file, "--fail-on", "never").text
    assert "sample" not in bitewing_command("passes", "list").text
    assert "sample_passes" not in sys.modules


def test_an_allowed_plugin_speaks_with_the_others(
    install: Install, file: Path, bitewing_command: Callable[..., Any]
) -> None:
    config = install(a_pass())

    said = bitewing_command("check", file, "--config", config, "--format", "json")
    names = [json.loads(line).get("name") for line in said.text.splitlines()]

    assert (said.code, said.err) == (1, "")
    assert names == ["sample-fault", "missing-first-pa", None]


def test_its_passes_are_listed_explained_selected_and_ignored(
    install: Install, file: Path, bitewing_command: Callable[..., Any]
) -> None:
    config = install(a_pass())

    def names(*options: str) -> list[str]:
        said = bitewing_command("check", file, "--config", config, "--format", "json", *options)
        return [one["name"] for one in map(json.loads, said.text.splitlines()) if one["type"] == "finding"]

    assert "Z900  say " in bitewing_command("passes", "list", "--config", config).text
    assert "there it is" in bitewing_command("explain", "sample-fault", "--config", config).text
    assert names("--select", "Z900") == ["sample-fault"]
    assert names("--ignore", "z900") == ["missing-first-pa"]


@pytest.mark.parametrize(
    ("source", "allow", "said"),
    [
        (a_pass(), ["absent"], "plugin absent is allowed but not installed (installed: sample)"),
        ("raise ImportError('no such thing')", None, "plugin sample: it does not load (ImportError: no such thing)"),
        (HEAD + "@hookimpl\ndef bitewing_passes(): raise KeyError", None, "plugin sample: it failed when asked"),
        (HEAD + "@hookimpl\ndef bitewing_passes(): return ['Z900']", None, "plugin sample: it offers something"),
        (HEAD + "@hookimpl\ndef bitewing_passes(): return 7", None, "plugin sample: it"),
        (a_pass(code="P101"), None, "two passes have the code P101; rename one"),
        (a_pass(name="missing-first-pa"), None, "two passes have the name missing-first-pa; rename one"),
        (a_pass(unit="Tooth"), None, "plugin sample: it does not load"),
    ],
    ids=["absent", "import", "hook", "no pass", "no list", "code", "name", "unit"],
)
def test_a_plugin_that_cannot_be_used_is_a_fault_of_the_configuration(
    install: Install,
    file: Path,
    bitewing_command: Callable[..., Any],
    source: str,
    allow: list[str] | None,
    said: str,
) -> None:
    config = install(source, allow=allow)

    for command in (
        ("check", file),
        ("repair", file, "-o", file.with_name("out.837")),
        ("passes", "list"),
        ("explain", "P101"),
    ):
        ended = bitewing_command(*command, "--config", config)

        assert (ended.code, ended.out) == (2, b"")
        assert said in ended.err
        assert len(ended.err.splitlines()) == 1
    assert not file.with_name("out.837").exists()


def test_a_plugin_may_be_a_single_module(install: Install, bitewing_command: Callable[..., Any]) -> None:
    """Such as the file that `bitewing passes new` writes."""
    said = bitewing_command("passes", "list", "--config", install(a_pass(), module="lone_passes"))

    assert (said.code, said.err) == (0, "")
    assert "sample-fault" in said.text


def test_a_plugin_that_is_allowed_twice_is_there_once(install: Install, bitewing_command: Callable[..., Any]) -> None:
    said = bitewing_command("passes", "list", "--config", install(a_pass(), allow=["sample", "sample"]))

    assert (said.code, said.text.count("sample-fault")) == (0, 1)


def test_two_plugins_may_not_offer_one_code(install: Install, bitewing_command: Callable[..., Any]) -> None:
    install(a_pass(name="first-fault"), name="one")
    said = bitewing_command(
        "passes", "list", "--config", install(a_pass(name="other-fault"), name="two", allow=["one", "two"])
    )

    assert said.code == 2
    assert "two passes have the code Z900" in said.err


# --------------------------------------------------------------------------------------------------- what it may not do


# An empty modifier behind the code: the same service, written with one byte more.
GOOD = "Fix('', '', (Edit(subject.offset + subject.data.index(b'D0120'), b'D0120', b'D0120:'),))"
NOT_YET = "b'D0120:' not in subject.data"


def test_a_good_fix_of_a_plugin_is_made(install: Install, repaired: Callable[[Path], Any]) -> None:
    found, data = repaired(install(a_fix(GOOD, NOT_YET)))

    assert found == {MENDED, ("sample-fault", "C1", True)}
    assert data == REPAIRED.replace(b"D0120", b"D0120:")


@pytest.mark.parametrize("unit", ["Claim", "Day", "Practice", "Transaction"])
@pytest.mark.parametrize(
    "body",
    ["yield 1 / 0", "yield 'no remark'", "return 7", "import sys; yield sys.exit(5)"],
    ids=["raises", "yields no remark", "gives no list", "exits"],
)
def test_a_pass_that_fails_becomes_a_finding_and_the_others_stay(
    install: Install, repaired: Callable[[Path], Any], body: str, unit: str
) -> None:
    found, data = repaired(install(a_pass(body, unit=unit)))

    assert {name for name, _, _ in found} == {"pass-failed", "missing-first-pa"}
    assert MENDED in found
    assert data == REPAIRED


HARM = {
    "a line is dropped": (SECOND_LINE, b""),
    "a line is added": (SECOND_LINE, SECOND_LINE + SECOND_LINE.replace(b"LX*2", b"LX*3").replace(b"L2~", b"L3~")),
    "a charge is changed": (b"58.00~", b"59.00~"),
    "the total is changed": (b"*143.00*", b"*144.00*"),
    "a date is changed": (b"D8*20260310~REF*G1", b"D8*20260311~REF*G1"),
    "a tooth is changed": (b"TOO*JP*3", b"TOO*JP*4"),
    "a tooth is dropped": (b"TOO*JP*3~", b""),
    "a service is changed": (b"D0120", b"D0150"),
    "a quantity is changed": (b"58.00~", b"58.00****2~"),
    "the claim's number is changed": (b"CLM*C1*", b"CLM*C9*"),
    "the claim becomes a replacement": (b"11:B:1", b"11:B:7"),
    "a provider is changed": (b"1999900024", b"1999900032"),
    "a provider is renamed": (b"DENTIST0024", b"DENTIST0032"),
    "a line is renumbered": (b"LX*2~", b"LX*7~"),
    "an authorization is dropped": (b"REF*G1*AUTH~", b""),
    "a control number is changed": (b"REF*6R*L2", b"REF*6R*L9"),
    "a place of service is added": (b"58.00~", b"58.00*12~"),
    "a segment is added to a line": (b"REF*G1*AUTH~", b"REF*G1*AUTH~K3*HELLO~"),
}


@pytest.mark.parametrize(("before", "after"), HARM.values(), ids=HARM)
def test_a_harmful_fix_is_withdrawn_and_the_bytes_stay(
    install: Install, repaired: Callable[[Path], Any], before: bytes, after: bytes
) -> None:
    at = f"subject.offset + subject.data.index({before!r})"
    undone = f"{before!r} in subject.data and {after!r} not in subject.data" if after else f"{before!r} in subject.data"
    config = install(a_fix(f"Fix('', '', (Edit({at}, {before!r}, {after!r}),))", undone))

    found, data = repaired(config)

    assert found == {MENDED, ("repair-withdrawn", "C1", False)}
    assert data == REPAIRED


MALFORMED = {
    "changes nothing": "Fix('', '', (Edit(subject.offset, b'CLM', b'CLM'),))",
    "finds other bytes": "Fix('', '', (Edit(subject.offset, b'XXX', b'YYY'),))",
    "lies outside of the claim": "Fix('', '', (Edit(0, b'ISA', b'ISB'),))",
    "overlaps itself": "Fix('', '', (Edit(subject.offset, b'CLM', b'CLN'), Edit(subject.offset, b'CLM', b'CLO')))",
    "spoils a charge": "Fix('', '', (Edit(subject.offset + subject.data.index(b'58.00'), b'58.00', b'NaN'),))",
    "splits a line that is not there": "Fix('', '', (Edit(subject.offset, b'CLM', b'CLN'),), (99,))",
    "ends the transaction": "Fix('', '', (Edit(subject.offset + len(subject.data), b'', b'SE*1*0001~'),))",
    "has no edits": "Fix('', '', ())",
}


@pytest.mark.parametrize("fix", MALFORMED.values(), ids=MALFORMED)
def test_a_fix_that_cannot_be_made_is_a_finding_and_the_others_stay(
    install: Install, repaired: Callable[[Path], Any], fix: str
) -> None:
    found, data = repaired(install(a_fix(fix)))

    assert MENDED in found
    assert {claim for name, claim, applied in found if not applied} == {"C1"}
    assert data == REPAIRED


def test_a_fix_without_lines_is_made_or_refused_but_never_a_crash(
    install: Install, repaired: Callable[[Path], Any]
) -> None:
    fix = "Fix('', '', (Edit(subject.offset + subject.data.index(b'58.00'), b'58.00', b'59.00'),))"

    found, data = repaired(install(a_fix(fix, "b'58.00' in subject.data", lines="()")))

    assert MENDED in found
    assert data == REPAIRED


def test_a_repair_that_never_comes_to_rest_is_withdrawn(install: Install, repaired: Callable[[Path], Any]) -> None:
    at = "subject.offset + subject.data.index(b'TOO*JP*3')"
    config = install(a_fix(f"Fix('', '', (Edit({at}, b'TOO*JP*3', b'TOO*JP*3:'),))"))

    found, data = repaired(config)

    assert found == {MENDED, ("repair-not-settled", "C1", False)}
    assert data == REPAIRED


def test_a_pass_that_did_not_say_it_repairs_repairs_nothing(
    install: Install, file: Path, bitewing_command: Callable[..., Any]
) -> None:
    config = install(a_fix(GOOD, NOT_YET).replace("repairs=True", "repairs=False"))
    out = file.with_name("out.837")

    said = bitewing_command("repair", file, "-o", out, "--config", config, "--format", "json")
    summary = json.loads(said.text.splitlines()[-1])

    assert out.read_bytes() == REPAIRED
    assert summary["repaired"] == 1


def test_findings_on_the_plugin_itself_say_who_failed_and_not_why(
    install: Install, file: Path, bitewing_command: Callable[..., Any]
) -> None:
    """The text of an exception may hold what the pass was reading."""
    config = install(a_pass("yield {}[subject.patient.last_name]"))

    said = bitewing_command("check", file, "--config", config)

    assert "pass-failed (X901)" in said.text
    assert "sample-fault failed (KeyError)" in said.text
    assert "EXAMPLE" not in said.text + said.err
