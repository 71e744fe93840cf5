"""The second half of ``bitewing demo``: an invented month from the first claim to a prediction for the next day."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import IO

from bitewing.api import check
from bitewing.edi.compose import compose
from bitewing.edi.finding import Action
from bitewing.inputs import opened
from bitewing.learning import backtested, learnt, write_book
from bitewing.policies.book import Book
from bitewing.policies.book.decide import decided
from bitewing.policies.rule import BUNDLES, Decision, Rule
from bitewing.policies.rules import Rules
from bitewing.policies.sentence import sentence
from bitewing.policies.simulate.month import Settings, simulate
from bitewing.policies.store import Store, ingest
from bitewing.reconcile import Reconciled
from bitewing.reconcile_text import Totals, totals_text
from bitewing.transforms.example import parse_claims
from bitewing.transforms.facts import Facts

SETTINGS = Settings(claims=1200, seed=7, payers=2, start=date(2026, 3, 2), days=30)
NEXT_DAY = "20260402"
WANTED = "same-day-exclusion"


def closed_loop(stream: IO[str]) -> None:
    """Simulate, ingest, reconcile, learn, accept a rule, and check the next day's claims with it."""
    with tempfile.TemporaryDirectory(prefix="bitewing-demo-") as name:
        folder = Path(name)
        _say(stream, "bitewing simulate month --claims 1200 --seed 7 --payers 2")
        made = simulate(folder / "month", SETTINGS)
        files = sorted((folder / "month").glob("*.83[57]"))
        stream.write(f"  {made['counts']['claim']} invented claims and {made['counts']['remit']} claim payments.\n")
        _say(stream, "bitewing ingest store month")
        _ingest(folder / "store", files)
        stream.write(f"  {len(files)} files.\n")
        _say(stream, "bitewing reconcile store")
        stream.writelines(f"  {line}\n" for line in _totals(folder / "store"))
        _say(stream, "bitewing learn store -o book.xml")
        rules = learnt(folder / "store")
        book = write_book(folder / "book.xml", rules)
        kinds = Counter(rule.kind for rule in rules if rule.says == BUNDLES)
        stream.write(
            f"  {kinds.total()} rules proposed: {', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))}.\n"
        )
        fit = [one for one in book.rules if one.kind == WANTED and one.says == BUNDLES and one.effective_to is None]
        if fit:
            _use(stream, folder, book, max(fit, key=lambda one: one.counts.low))
    stream.write("\nAll of this was invented, in a folder that is gone again.\n")


def _say(stream: IO[str], command: str) -> None:
    stream.write(f"\n$ {command}\n")


def _ingest(path: Path, files: Sequence[Path]) -> None:
    store = Store.create(path)
    try:
        for file in files:
            document = opened(file)
            try:
                ingest(store, document, file.name)
            finally:
                document.close()
    finally:
        store.close()


def _totals(store: Path) -> list[str]:
    totals = Totals()
    with Reconciled.of(store) as found:
        for payment in found.payments():
            totals.payment(payment)
        for remit in found.remits():
            totals.remit(remit)
    return list(totals_text(totals))


def _use(stream: IO[str], folder: Path, book: Book, rule: Rule) -> None:
    """One rule is accepted, and the next day's claim is checked with it."""
    _say(stream, f"bitewing policies backtest book.xml store --rule {rule.id}")
    for tested in backtested(book, folder / "store", 10, rule.id):
        stream.write(f"  Without the last 10 days: predicted {tested.right + tested.wrong}, right {tested.right}.\n")
    _say(stream, f'bitewing policies accept book.xml {rule.id} --by "A. Biller" --reason "as the handbook says"')
    signed = Decision("accept", "A. Biller", "2026-04-02T08:00:00Z", "as the handbook says")
    accepted = decided(book, rule.id, signed)
    stream.write(f"  {sentence(rule)}\n")
    _say(stream, "bitewing check next-day.837 --policies book.xml")
    beside = rule.with_codes[0]
    words = f"NEXT1 payer={rule.payer}: {beside} 98.00 @{NEXT_DAY} | {rule.codes[0]} 45.00 @{NEXT_DAY}"
    (claim,) = parse_claims((words,))
    claim["group"] = min(rule.groups)
    result = check(compose([claim]), facts=Facts(policies=Rules(accepted.usable())))
    for finding in result.findings:
        if finding.action is Action.PREDICT:
            lines = ", ".join(str(number) for number in finding.place.lines)
            stream.write(f"  Claim {finding.place.claim}, line {lines}: {finding.message}\n")
    stream.write("  The claim is as it was: what payers do is told, never edited into a claim.\n")
