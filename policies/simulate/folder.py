"""Files of a simulated month and the truth about them, on their way to a folder."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import IO, Any, NamedTuple


class Written(NamedTuple):
    """An interchange: the file that it is in, its SHA-256 and ISA13."""

    file: str
    source: str
    isa13: str


def said(record: dict[str, Any]) -> str:
    """A record as one line of JSON."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=True)


class Folder:
    """Writes interchanges into files whose names sort as they arrive, and truth.jsonl beside them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._truth: IO[str] = (path / "truth.jsonl").open("w", encoding="ascii", newline="\n")
        self._number = 0
        self.interchanges: list[Written] = []
        self.files: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.traits: Counter[str] = Counter()
        self.unbalanced: list[dict[str, Any]] = []

    def file(self, arrived: date, kind: str, interchanges: Sequence[tuple[bytes, str]]) -> list[int]:
        """Writes a file; says the numbers of its interchanges in ``interchanges``."""
        self._number += 1
        suffix = "837" if kind == "claims" else "835"
        name = f"{arrived:%Y%m%d}-{self._number:05d}-{kind}.{suffix}"
        numbers = []
        for data, isa13 in interchanges:
            numbers.append(len(self.interchanges))
            self.interchanges.append(Written(name, hashlib.sha256(data).hexdigest(), isa13))
        (self._path / name).write_bytes(b"".join(data for data, _ in interchanges))
        sources = [self.interchanges[number].source for number in numbers]
        self.files.append({"file": name, "kind": kind, "sources": sources, "copy_of": None})
        return numbers

    def copy(self, arrived: date, name: str) -> None:
        """The same bytes again, under a later name."""
        self._number += 1
        first = next(one for one in self.files if one["file"] == name)
        again = f"{arrived:%Y%m%d}-{self._number:05d}-{first['kind']}.{name[-3:]}"
        (self._path / again).write_bytes((self._path / name).read_bytes())
        self.files.append({**first, "file": again, "copy_of": name})

    def tell(self, record: dict[str, Any]) -> None:
        """One line of truth.jsonl."""
        self.counts[record["type"]] += 1
        self.traits.update(record.get("traits", ()))
        self._truth.write(said(record) + "\n")

    def abandon(self) -> None:
        """Lets go of truth.jsonl where the run failed."""
        self._truth.close()

    def close(self, about: dict[str, Any]) -> dict[str, Any]:
        """Ends truth.jsonl, writes truth.json, and says what that holds."""
        self._truth.close()
        summary = {
            **about,
            "counts": dict(sorted(self.counts.items())),
            "traits": dict(sorted(self.traits.items())),
            "files": sorted(self.files, key=lambda one: str(one["file"])),
            "unbalanced": self.unbalanced,
        }
        (self._path / "truth.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="ascii", newline="\n")
        return summary
