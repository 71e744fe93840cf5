"""Files of a store, as records and in words. Nothing here holds what a file says of a patient."""

from __future__ import annotations

from typing import Any

from bitewing.console import many, printable
from bitewing.policies.store import Ingested
from bitewing.policies.store.store import StoredFile

Record = dict[str, Any]


def ingest_record(said: Ingested, file: str) -> Record:
    """What became of a file that was to go in."""
    return {
        "type": "ingest",
        "file": file,
        "sha256": said.sha256,
        "new": said.new,
        "kind": "+".join(sorted({one.kind for one in said.interchanges})) or None,
        "interchanges": [one.source for one in said.interchanges],
        "known": said.known,
        "claims": sum(one.claims for one in said.interchanges),
        "lines": sum(one.lines for one in said.interchanges),
        "unreadable": sum(one.faulty for one in said.interchanges),
        "faults": [{"table": one.table, "row": list(one.row), "column": one.column} for one in said.faults],
    }


def ingest_text(said: Ingested, file: str) -> str:
    """The same in a line, and a line for each value that could not be read."""
    name = printable(file)
    if not said.new:
        return f"{name}: was in already"
    kinds = "+".join(sorted({one.kind for one in said.interchanges})) or "nothing new"
    claims, lines = (sum(getattr(one, what) for one in said.interchanges) for what in ("claims", "lines"))
    known = f", {many(said.known, 'interchange')} in already" if said.known else ""
    head = f"{name}: {kinds}, {many(claims, 'claim')}, {many(lines, 'line')}{known}"
    shown = [
        f"  {one.table} {'.'.join(map(str, one.row))}: {one.column} cannot be read and is left out"
        for one in said.faults[:10]
    ]
    more = sum(one.faulty for one in said.interchanges) - len(shown)
    return "\n".join([head, *shown, *([f"  and {more} more"] if more > 0 else [])])


def file_record(one: StoredFile) -> Record:
    """A file that is in."""
    return {"type": "file", **one._asdict()}


def file_text(one: StoredFile) -> str:
    """The same in a line."""
    kinds = one.kinds.replace(",", "+") or "empty"
    return f"{one.sha256[:12]}  {printable(one.name)}: {kinds}, {many(one.claims, 'claim')}, {many(one.lines, 'line')}"
