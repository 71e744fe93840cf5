"""Whether a ledger is whole, and taking a run back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bitewing.hook.entry import taken_back
from bitewing.hook.files import digest
from bitewing.hook.ledger import BEGINNING, Entry, Ledger, LedgerError, chained


class Audited(NamedTuple):
    """runs: entries that hold. head: the hash of the last of them. wrong: what does not hold, "" where all does."""

    runs: int
    head: str
    wrong: str


def audited(ledger: Ledger, head: str = "") -> Audited:
    """Follow the chain from its beginning. head: a hash that was written down elsewhere and must be in it."""
    previous, runs, met = BEGINNING, 0, not head
    for entry in ledger.entries():
        if entry.number != runs + 1:
            return Audited(runs, previous, f"run {runs + 1} is missing")
        if entry.previous != previous:
            return Audited(runs, previous, f"run {entry.number} does not follow the one before it")
        if entry.hash != chained(previous, entry.text):
            return Audited(runs, previous, f"run {entry.number} was changed")
        previous, runs = entry.hash, entry.number
        met = met or entry.hash.startswith(head.lower())
    return Audited(runs, previous, "" if met else "the hash that was given is not in it: runs are missing at its end")


def original(ledger: Ledger, run: str, data: bytes, quarantine: Iterable[Path] = ()) -> bytes:
    """The file that a run was given, from what went on and, where something was set aside, from that.

    quarantine: files to look for it in. Raises LedgerError where that is not what the run wrote, OSError.
    """
    entry = ledger.find(run)
    if entry.hash != chained(entry.previous, entry.text):
        raise LedgerError(f"{ledger.path}: run {entry.run} was changed; see 'bitewing audit verify'")
    said = entry.record
    if digest(data) != said["sha256_out"]:
        raise LedgerError(f"this is not what run {entry.run} let go on; give the file that it wrote")
    if said["changes"] is None:
        raise LedgerError(f"run {entry.run} cannot be taken back from the ledger: take the input from its archive")
    back = taken_back(data, said["changes"], _aside(entry, said["quarantine"], quarantine))
    if digest(back) != said["sha256_in"]:
        raise LedgerError(f"run {entry.run} could not be taken back; nothing was written; please report it")
    return back


def _aside(entry: Entry, wanted: list[str], files: Iterable[Path]) -> list[bytes]:
    """What was set aside, in its order."""
    found: dict[str, bytes] = {}
    for path in files if wanted else ():
        if path.is_file():
            data = path.read_bytes()
            found[digest(data)] = data
    if missing := [one for one in wanted if one not in found]:
        count = f"{len(missing)} of {len(wanted)} files that run {entry.run} set aside"
        raise LedgerError(f"{count} are not there; name their folder with --quarantine")
    return [found[one] for one in wanted]
