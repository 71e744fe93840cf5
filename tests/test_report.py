"""The report is one page that needs nothing but itself, says what was learnt with its counts, and names no patient."""

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lxml import html

from bitewing.policies.report import draw
from bitewing.policies.report.collect import Cell, Span
from bitewing.policies.simulate.month import Settings, simulate

HOSTILE = "<script>alert(1)</script>"


class Made(NamedTuple):
    path: Path
    text: str
    rules: list[str]
    patients: set[str]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "month"
    simulate(folder, Settings(1500, 3, 3, date(2026, 3, 2), 40))
    return folder


@pytest.fixture
def made(month: Path, tmp_path: Path, bitewing_command: Callable[..., Any]) -> Made:
    store, page = tmp_path / "store", tmp_path / "report.html"
    assert bitewing_command("ingest", store, *sorted(month.glob("*.83[57]"))).code == 0
    learnt = bitewing_command("learn", store, "--format", "json")
    said = bitewing_command("report", store, "-o", page, "--title", HOSTILE, "--date", "2026-11-01")
    assert said.code == 0, said.err
    sent = "".join(path.read_text("latin-1") for path in month.glob("*.837"))
    names = re.findall(r"NM1\*(?:QC|IL)\*1\*([A-Z0-9]+)\*", sent)
    return Made(page, page.read_text("utf-8"), re.findall(r'"id": ?"([^"]+)"', learnt.text), set(names))


def test_the_page_needs_nothing_but_itself(made: Made) -> None:
    page = html.fromstring(made.text)

    assert not page.xpath("//script | //link | //iframe | //img | //object | //form | //*[@onclick or @onload]")
    assert re.findall(r"(?:https?:)?//[a-z]", made.text) == []
    assert [one for one in page.xpath("//@href") if not one.startswith("#")] == []
    assert "default-src 'none'" in made.text


def test_what_comes_from_outside_is_escaped(made: Made) -> None:
    assert HOSTILE not in made.text
    assert html.fromstring(made.text).xpath("string(//title)") == f"What payers did: {HOSTILE}"


def test_every_rule_stands_on_the_page_with_its_counts(made: Made) -> None:
    page = html.fromstring(made.text)
    shown = {one.text.split(" ")[0].split("\xa0")[0].strip() for one in page.xpath("//div[@class='id']")}

    assert len(made.rules) > 5
    assert shown <= set(made.rules)
    assert made.text.count("Observed ") >= len(shown) > 5
    assert page.xpath("//div[@class='rule']//*[local-name()='svg']")


def test_no_patient_is_named(made: Made) -> None:
    assert made.patients
    assert [name for name in made.patients if len(name) > 4 and name in made.text] == []


def test_the_matrix_shows_what_happened() -> None:
    bar = draw.shares(Cell((3, 1, 0, 0, 0, 0, 0)), "TP1, D0350")

    assert re.findall(r'class="(\w+)" x="([\d.]+)" y="0" width="([\d.]+)"', bar) == [
        ("paid", "0.00", "34.50"), ("included", "34.50", "11.50"),
    ]  # fmt: skip
    assert "TP1, D0350: 3 paid, 1 included" in bar
    assert draw.shares(None, "x") == ""


def test_time_is_drawn_with_what_did_not_happen_below() -> None:
    drawn = draw.over_time([Span(date(2026, 3, 2), 4, 0), Span(date(2026, 3, 9), 0, 2)])

    assert "2026-03-02: happened 4, did not 0" in drawn
    assert re.findall(r'class="included"[^>]* height="([\d.]+)"', drawn) == ["30.0", "0.0"]
    assert re.findall(r'class="paid"[^>]* height="([\d.]+)"', drawn) == ["0.0", "15.0"]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_a_browser_shows_it(made: Made, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--screenshot={picture}", "--window-size=1240,1600",
         f"--user-data-dir={tmp_path / 'profile'}", made.path.as_uri()],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip

    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture.stat().st_size > 30_000
