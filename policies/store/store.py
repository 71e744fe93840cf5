"""The folder of a store and its ledger.

``ledger.sqlite`` says which files and interchanges are in; ``TABLE/SOURCE.parquet`` holds their rows; ``secret`` keys
the patients. What the ledger does not name is not there, whatever lies in the folders: one transaction of the ledger is
the moment at which a file is in, or out. Whoever writes holds the ledger's write lock from beginning to end, and a
process that dies lets go of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from bitewing.policies.rows.keys import Keys
from bitewing.policies.store.errors import StoreError
from bitewing.policies.tables import TABLES

VERSION = 3
"""Of the ledger and of the tables; another version is refused."""
LEDGER, SECRET, STAGING = "ledger.sqlite", "secret", "staging"
_HELD = {"837D": "claims", "835": "remits"}
"""Tables in which an interchange with claims has rows."""
PATIENCE = 60
"""Seconds that a writer waits for another one."""

_SCHEMA = """
CREATE TABLE files (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE interchanges (
  source TEXT PRIMARY KEY, kind TEXT NOT NULL, control TEXT NOT NULL,
  claims INTEGER NOT NULL, lines INTEGER NOT NULL, faulty INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE file_interchanges (sha256 TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (sha256, source)) WITHOUT ROWID;
CREATE INDEX files_of_interchange ON file_interchanges (source);
CREATE TABLE submitted (
  patient TEXT NOT NULL, first_day TEXT, last_day TEXT, code TEXT NOT NULL, units INTEGER NOT NULL, claim TEXT NOT NULL,
  billing TEXT NOT NULL, payer TEXT NOT NULL, frequency TEXT NOT NULL, sent TEXT NOT NULL, source TEXT NOT NULL,
  tooth TEXT NOT NULL
);
CREATE INDEX submitted_for_patient ON submitted (patient, first_day);
CREATE INDEX submitted_from ON submitted (source);
"""


class StoredFile(NamedTuple):
    """A file that is in a store. kinds: of its interchanges. faulty: values in it that could not be read."""

    sha256: str
    name: str
    bytes: int
    interchanges: int
    kinds: str
    claims: int
    lines: int
    faulty: int


class Store:
    """A store at a path."""

    def __init__(self, path: Path, ledger: sqlite3.Connection, secret: bytes) -> None:
        self.path = path
        self.ledger = ledger
        self.secret = secret
        self.keys = Keys(secret)

    @classmethod
    def open(cls, path: Path) -> Store:
        """A store that is there. Raises StoreError."""
        if not (path / LEDGER).is_file():
            raise StoreError(f"{path}: this is no store; 'bitewing ingest {path} FILE' makes one")
        try:
            ledger = _connect(path)
            (version,) = ledger.execute("PRAGMA user_version").fetchone()
            secret = (path / SECRET).read_bytes()
        except (sqlite3.Error, OSError) as error:
            raise _store_error(path, error) from None
        if version != VERSION:
            raise StoreError(f"{path}: the store has version {version} and {VERSION} is known; ingest its files anew")
        if len(secret) < 16:
            raise StoreError(f"{path / SECRET}: the secret is damaged; restore it from a copy")
        return cls(path, ledger, secret)

    @classmethod
    def create(cls, path: Path, random: Callable[[int], bytes] = os.urandom) -> Store:
        """The store at a path, made where the folder is absent or empty. Raises StoreError.

        random: gives the secret its bytes.
        """
        try:
            if not (path / LEDGER).exists() and not _empty(path):
                raise StoreError(f"{path}: this folder holds other things; name a new folder for the store")
            path.mkdir(parents=True, exist_ok=True)
            _make_secret(path, random)
            ledger = _connect(path)
            with _writing(path, ledger):
                (version,) = ledger.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    for statement in _SCHEMA.split(";\n"):
                        if statement.strip():
                            ledger.execute(statement)
                    ledger.execute(f"PRAGMA user_version = {VERSION}")
            ledger.close()
        except (sqlite3.Error, OSError) as error:
            raise _store_error(path, error) from None
        return cls.open(path)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Path]:
        """Hold the write lock; commits at the end, forgets everything where an error leaves. Gives a folder to work in.

        Raises StoreError where another process writes for too long, or the disk is full.
        """
        try:
            with _writing(self.path, self.ledger):
                self._sweep()
                staging = self.path / STAGING
                staging.mkdir()
                try:
                    yield staging
                finally:
                    shutil.rmtree(staging, ignore_errors=True)
        except (sqlite3.Error, OSError) as error:
            raise _store_error(self.path, error) from None

    def _sweep(self) -> None:
        """Whatever a writer that died left behind: only one writes at a time, so it is nobody's."""
        shutil.rmtree(self.path / STAGING, ignore_errors=True)

    def place(self, table: str, source: str) -> Path:
        """Where the rows of an interchange are, for a table."""
        return self.path / table / f"{source}.parquet"

    def tables(self) -> dict[str, list[Path]]:
        """The Parquet files of every table that the ledger stands for, in the order of their names.

        Raises StoreError where rows are gone that the ledger knows of: half a store would say wrong things.
        """
        known = self._known()
        while True:
            there = {
                table: {one.stem for one in folder.iterdir()} if (folder := self.path / table).is_dir() else set()
                for table in TABLES
            }
            gone = [source for source, tables in known.items() if not all(source in there[one] for one in tables)]
            if not gone:
                return {
                    table: [self.place(table, source) for source in known if source in names]
                    for table, names in there.items()
                }
            before, known = known, self._known()  # somebody may just have taken them out
            if known == before:
                raise StoreError(
                    f"{self.path}: the rows of interchange {gone[0][:16]} are gone; restore them from a copy, "
                    "or take its file out and ingest it again"
                )

    def _known(self) -> dict[str, list[str]]:
        """Every interchange, with the tables in which it must have rows."""
        rows = self.ledger.execute("SELECT source, kind, claims FROM interchanges ORDER BY source")
        return {source: [_HELD[kind]] if claims and kind in _HELD else [] for source, kind, claims in rows}

    def sources(self) -> set[str]:
        """The interchanges that are in."""
        return {row[0] for row in self.ledger.execute("SELECT source FROM interchanges")}

    def files(self) -> Iterator[StoredFile]:
        """The files that are in, by name."""
        for row in self.ledger.execute(
            "SELECT f.sha256, f.name, f.bytes, COUNT(i.source), COALESCE(GROUP_CONCAT(DISTINCT i.kind), ''),"
            " COALESCE(SUM(i.claims), 0), COALESCE(SUM(i.lines), 0), COALESCE(SUM(i.faulty), 0) FROM files f"
            " LEFT JOIN file_interchanges x ON x.sha256 = f.sha256 LEFT JOIN interchanges i ON i.source = x.source"
            " GROUP BY f.sha256 ORDER BY f.name, f.sha256"
        ):
            yield StoredFile(*row)

    def remove(self, which: str) -> StoredFile:
        """Take a file out again: by its path, its SHA-256 or 8 or more digits of it, or its name. Raises StoreError."""
        found = self._which(which)
        with self.writing():
            self.ledger.execute("DELETE FROM file_interchanges WHERE sha256 = ?", (found.sha256,))
            self.ledger.execute("DELETE FROM files WHERE sha256 = ?", (found.sha256,))
            gone = "SELECT source FROM interchanges WHERE source NOT IN (SELECT source FROM file_interchanges)"
            sources = [row[0] for row in self.ledger.execute(gone)]
            for source in sources:
                self.ledger.execute("DELETE FROM submitted WHERE source = ?", (source,))
                self.ledger.execute("DELETE FROM interchanges WHERE source = ?", (source,))
        # From here on nobody reads them; should the process die now, they are overwritten when the file comes back.
        with contextlib.suppress(StoreError), self.writing():  # what cannot be cleared now counts for nothing, too
            back = self.sources()  # where it came back already, its rows are there anew and stay
            for source in sources:
                for table in TABLES if source not in back else ():
                    self.place(table, source).unlink(missing_ok=True)
        return found

    def _which(self, which: str) -> StoredFile:
        path = Path(which)
        wanted = _hash(path) if path.is_file() else which.lower()
        short = len(wanted) >= 8 and set(wanted) <= set("0123456789abcdef")
        found = [one for one in self.files() if (short and one.sha256.startswith(wanted))]
        found = found or [one for one in self.files() if one.name == which]
        if not found:
            raise StoreError(
                f"{self.path}: {which} is not in this store; 'bitewing store list {self.path}' shows what is"
            )
        if len(found) > 1:
            raise StoreError(f"{self.path}: {which} means {len(found)} files; name one by its SHA-256")
        return found[0]

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()


def _connect(path: Path) -> sqlite3.Connection:
    ledger = sqlite3.connect(path / LEDGER, timeout=PATIENCE, isolation_level=None)
    ledger.execute("PRAGMA journal_mode = WAL")
    ledger.execute("PRAGMA synchronous = FULL")
    return ledger


@contextlib.contextmanager
def _writing(path: Path, ledger: sqlite3.Connection) -> Iterator[None]:
    ledger.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        ledger.execute("ROLLBACK")
        raise
    ledger.execute("COMMIT")


def _make_secret(path: Path, random: Callable[[int], bytes]) -> None:
    """Written whole under another name first: two that begin at once agree on one secret."""
    secret = path / SECRET
    if secret.exists():
        return
    made = path / f".{SECRET}.{os.getpid()}"
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, random(32))
        os.fsync(handle)
    finally:
        os.close(handle)
    with contextlib.suppress(FileExistsError):
        os.link(made, secret)
    made.unlink()


def _empty(path: Path) -> bool:
    """Whether a store may be made here; what one that died left behind does not count."""
    if not path.exists():
        return True
    if not path.is_dir():
        raise StoreError(f"{path}: this is no folder; name a folder for the store")
    return all(one.name == SECRET or one.name.startswith((f".{SECRET}.", LEDGER)) for one in path.iterdir())


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _store_error(path: Path, error: sqlite3.Error | OSError) -> StoreError:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StoreError(f"{path}: another process writes to this store; run again when it is done", retry=True)
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return StoreError(f"{path}: the disk is full or fails; make room and run again", retry=True)
        return StoreError(f"{path}: the ledger cannot be used ({error}); restore the store from a copy")
    reason = error.strerror or type(error).__name__
    retry = error.errno in (28, 122)  # no space, quota
    return StoreError(
        f"{path}: {reason}; {'make room and run again' if retry else 'mend its permissions'}", retry=retry
    )
