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

import bitewing
from bitewing.learning import learnt, reported
from bitewing.policies.report import draw
from bitewing.policies.report.collect import Cell, Span
from bitewing.policies.simulate.month import Settings, simulate
from bitewing.policies.store import Store, ingest

HOSTILE = "<script>alert(1)</script>"


class Made(NamedTuple):
    path: Path
    text: str
    rules: list[str]
    patients: set[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("report")
    simulate(folder / "month", Settings(1200, 3, 3, date(2026, 3, 2), 40))
    store = Store.create(folder / "store")
    for path in sorted((folder / "month").glob("*.83[57]")):
        ingest(store, bitewing.read(path.read_bytes()), path.name)
    store.close()
    page = folder / "report.html"
    page.write_text(reported(folder / "store", None, title=HOSTILE, made_on="2026-11-01"), "utf-8")
    sent = "".join(path.read_text("latin-1") for path in (folder / "month").glob("*.837"))
    names = re.findall(r"NM1\*(?:QC|IL)\*1\*([A-Z0-9]+)\*", sent)
    return Made(page, page.read_text("utf-8"), [rule.id for rule in learnt(folder / "store")], set(names))


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
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--screenshot={picture}",
         "--window-size=1240,1600", f"--user-data-dir={tmp_path / 'profile'}", made.path.as_uri()],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip

    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture.stat().st_size > 30_000


def test_the_command_writes_the_page(tmp_path: Path, bitewing_command: Callable[..., Any]) -> None:
    Store.create(tmp_path / "store").close()
    said = bitewing_command("report", tmp_path / "store", "-o", tmp_path / "page.html")

    assert said.code == 0
    assert "No rule is borne out yet." in (tmp_path / "page.html").read_text("utf-8")
