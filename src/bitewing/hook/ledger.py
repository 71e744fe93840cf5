"""The ledger of runs: one SQLite file, each entry bound to the one before by its hash.

An entry is a line of JSON that holds hashes, counts and edits, and nothing that a file says of a patient. Its hash is
that of the hash before it and the line: who changes, adds or drops an entry in the middle changes all hashes after it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bitewing.hook.numbers import LAST, NotNow

PATIENCE = 30.0
"""Seconds that one waits for another who writes."""
BEGINNING = "0" * 64
"""The hash before the first entry."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
  number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, previous TEXT NOT NULL, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS once (sha256 TEXT PRIMARY KEY, run TEXT NOT NULL, token TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, run TEXT NOT NULL, said TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS control (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), next INTEGER NOT NULL);
"""


class LedgerError(NotNow):
    """A ledger that cannot be used. retry: whether running again later may help (locked, full)."""

    def __init__(self, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.retry = retry


class Known(Exception):
    """A file with this content was processed before."""


class Entry(NamedTuple):
    """A run. run: the beginning of its hash, by which it is named."""

    number: int
    hash: str
    previous: str
    text: str

    @property
    def run(self) -> str:
        return self.hash[:16]

    @property
    def record(self) -> dict[str, Any]:
        """What was written down."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class Ledger:
    """A ledger at a path; made where there is none, readable for its owner only."""

    def __init__(self, path: Path, *, make: bool = True, patience: float | None = None) -> None:
        """patience: seconds to wait for others, PATIENCE where not given. Raises LedgerError."""
        self.path = path
        self._patience = PATIENCE if patience is None else patience
        if not make and not path.is_file():
            raise LedgerError(f"{path}: there is no such ledger; check the name")
        with self._said():
            # Only where it is new: closing a file takes away the locks that this process has on it, SQLite's too.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._base = sqlite3.connect(path, timeout=self._patience, isolation_level=None)
            self._patiently("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            with self._writing():
                for statement in _SCHEMA.split(";\n"):
                    if statement.strip():
                        self._base.execute(statement)

    def add(self, record: Mapping[str, Any], *, token: str | None = None, key: str = "", said: str = "") -> Entry:
        """Write a run down. token: who brings it, where a file may be processed once only. key: under which the same
        answer is to be given again, and what has to be known for that.

        Raises Known where its content is known already and a token is given, or the key is known; LedgerError.
        """
        text = json.dumps(record, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
        with self._said(), self._writing():
            found = self._base.execute("SELECT number, hash FROM runs ORDER BY number DESC LIMIT 1").fetchone()
            number, previous = found or (0, BEGINNING)
            entry = Entry(number + 1, chained(previous, text), previous, text)
            if token is not None:
                insert = "INSERT INTO once VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
                if not self._base.execute(insert, (record["sha256_in"], entry.run, token)).rowcount:
                    raise Known
            if key:
                insert = "INSERT INTO answers VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
                if not self._base.execute(insert, (_hidden(key), entry.run, said)).rowcount:
                    raise Known
            self._base.execute("INSERT INTO runs VALUES (?, ?, ?, ?)", entry)
        return entry

    def answer(self, key: str) -> tuple[str, str] | None:
        """The run that was answered under a key, and what was said of it. Raises LedgerError."""
        with self._said():
            query = "SELECT run, said FROM answers WHERE key = ?"
            found: tuple[str, str] | None = self._base.execute(query, (_hidden(key),)).fetchone()
        return found

    def ready(self) -> None:
        """Raises LedgerError where nothing can be written down now."""
        with self._said(), self._writing():
            pass

    def settle(self) -> None:
        """Make what is read from now on the last word on workers that died. Raises LedgerError.

        One that dies within a commit may leave it in the write-ahead log where nobody sees it, until the log is read
        anew. A write puts something else in its place.
        """
        with self._said(), self._writing():
            version = self._base.execute("PRAGMA user_version").fetchone()[0]
            self._base.execute(f"PRAGMA user_version = {int(version)}")

    def keep(self, key: str, said: str) -> str:
        """What is said under a key for ever: this, unless something was said before. No run is written down for it.

        Raises LedgerError.
        """
        with self._said(), self._writing():
            insert = "INSERT INTO answers VALUES (?, '', ?) ON CONFLICT DO NOTHING"
            self._base.execute(insert, (_hidden(key), said))
            query = "SELECT said FROM answers WHERE key = ?"
            found: str = self._base.execute(query, (_hidden(key),)).fetchone()[0]
        return found

    def owner(self, sha256: str) -> str | None:
        """The token of who processed a file with this content, None where nobody did; 32 digits of the SHA-256 will do.

        Raises LedgerError.
        """
        with self._said():
            query = "SELECT token FROM once WHERE sha256 >= ? AND sha256 < ?"
            found = self._base.execute(query, (sha256, f"{sha256}g")).fetchone()
        return found[0] if found else None

    def reserve(self, wanted: int, first: int) -> int:
        """The first of so many control numbers, which are then never given again. first: of all. Raises LedgerError."""
        with self._said(), self._writing():
            found = self._base.execute("SELECT next FROM control").fetchone()
            begin: int = found[0] if found else first
            after = (begin - 1 + wanted) % LAST + 1
            upsert = "INSERT INTO control VALUES (1, ?) ON CONFLICT DO UPDATE SET next = excluded.next"
            self._base.execute(upsert, (after,))
        return begin

    def entries(self) -> Iterator[Entry]:
        """Every run in order. Raises LedgerError."""
        with self._said():
            for row in self._base.execute("SELECT number, hash, previous, entry FROM runs ORDER BY number"):
                yield Entry(*row)

    def find(self, run: str) -> Entry:
        """The run with this name, or the only one whose name begins so (8 characters or more). Raises LedgerError."""
        with self._said():
            query = "SELECT number, hash, previous, entry FROM runs WHERE hash >= ? AND hash < ?"
            rows = self._base.execute(query, (run.lower(), f"{run.lower()}g")).fetchall() if len(run) >= 8 else []
        found = [Entry(*row) for row in rows]
        if len(found) != 1:
            many = "more than one run" if found else "no run"
            raise LedgerError(f"{self.path}: there is {many} named {run}; 'bitewing audit list' shows them")
        return found[0]

    def close(self) -> None:
        """Let go of it."""
        self._base.close()

    def _patiently(self, statement: str) -> None:
        """What SQLite does not wait for by itself."""
        end = time.monotonic() + self._patience
        while True:
            try:
                self._base.execute(statement)
                return
            except sqlite3.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        """Errors of the disk and of SQLite, in words."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise LedgerError(f"{self.path}: another process writes to it; run again later", retry=True) from None
            if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                raise LedgerError(f"{self.path}: the disk is full or fails; run again later", retry=True) from None
            raise LedgerError(f"{self.path}: this is no ledger that can be used ({error})") from None
        except OSError as error:
            raise LedgerError(f"{self.path}: {error.strerror}; choose another place for the ledger") from None


def _hidden(key: str) -> str:
    """A key as it is kept: it may hold whatever its sender put into it."""
    return hashlib.sha256(key.encode()).hexdigest()


def chained(previous: str, text: str) -> str:
    """The hash of an entry: SHA-256 of the hash before it and its line."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
