"""``bitewing demo``: the shipped, invented claims repaired on screen, and what was paid for them reconciled."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from bitewing.api import repair
from bitewing.console import TextWriter
from bitewing.edi.claim import Claim
from bitewing.edi.document import Document
from bitewing.edi.finding import Action


def demonstrate(stream: IO[str]) -> None:
    """Repair every shipped file and write what happened: the lines before and after, the reason, what is left."""
    repaired = flagged = left = 0
    sent: dict[str, bytes] = {}
    for resource in sorted(files("bitewing.demo").iterdir(), key=lambda one: one.name):
        if not resource.name.endswith(".837"):
            continue
        data = resource.read_bytes()
        result = repair(data)
        sent[resource.name] = result.data
        stream.write(f"\n{resource.name}\n{'=' * len(resource.name)}\n")
        after = {claim.offset: claim for claim in Document.of(result.data).claims()}
        by_order = list(after.values())
        for at, claim in enumerate(Document.of(data).claims()):
            _table(stream, claim, by_order[at])
        writer = TextWriter(stream)
        for finding in result.findings:
            writer.finding("what was found", finding, bool(finding.edits))
        repaired += result.summary.repaired
        flagged += result.summary.flagged
        left += sum(1 for finding in result.findings if finding.action in (Action.INFO, Action.PREDICT))
        stream.write(f"  {len(data)} bytes in, {len(result.data)} out; every other byte is as it was.\n")
    _paid(stream, sent)
    stream.write(
        f"\n{repaired} repaired, {flagged} left for a person, {left} note{'' if left == 1 else 's'}. "
        "Nothing was kept on disk.\n"
    )


def _paid(stream: IO[str], sent: dict[str, bytes]) -> None:
    """Reconcile the shipped remittance with the claims as they were repaired, in a store that is thrown away."""
    from bitewing.policies.store import Store, ingest
    from bitewing.reconcile import Reconciled
    from bitewing.reconcile_text import payment_text, remit_text

    paid = {one.name: one.read_bytes() for one in files("bitewing.demo").iterdir() if one.name.endswith(".835")}
    for name in sorted(paid):
        stream.write(f"\n{name}, beside the claims as they were repaired\n{'=' * len(name)}\n")
    with TemporaryDirectory(prefix="bitewing-") as folder:
        store = Store.create(Path(folder) / "store")
        try:
            for name, data in sorted((sent | paid).items()):
                ingest(store, Document.of(data), name)
        finally:
            store.close()
        with Reconciled.of(store.path) as found:
            for record in found.payments():
                stream.writelines(f"  {line}\n" for line in payment_text(record))
            for record in found.remits():
                stream.writelines(f"  {line}\n" for line in remit_text(record))


def _table(stream: IO[str], before: Claim, after: Claim) -> None:
    """Both states of a claim's lines side by side."""
    stream.write(f"  Claim {before.id}\n    {'before':34}after\n")
    count = max(len(before.lines), len(after.lines))
    for at in range(count):
        left = _line(before, at)
        right = _line(after, at)
        mark = "" if left == right else "  <-"
        stream.write(f"    {left:34}{right}{mark}\n")


def _line(claim: Claim, at: int) -> str:
    if at >= len(claim.lines):
        return ""
    line = claim.lines[at]
    teeth = " ".join(f"#{tooth.number}" for tooth in line.teeth)
    return f"{line.number} {line.code} x{line.quantity:f} {line.charge or 0:>8.2f} {teeth}".rstrip()
