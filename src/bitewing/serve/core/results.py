"""Remittances that wait to be fetched: each until it is acknowledged, and the same one to the same request.

Which file a request was given stands in the ledger, by its content. Acknowledged, it leaves the folder for a hidden one
inside of it, from which the same request still gets it.
"""

from __future__ import annotations

import json
from pathlib import Path

from bitewing.edi.document import Document
from bitewing.edi.errors import NotReadable
from bitewing.edi.output import to_disk
from bitewing.hook.disk import is_partial_name, is_whole
from bitewing.hook.files import STEM, digest
from bitewing.serve.work import Work


def transactions_of(data: bytes) -> set[str]:
    """ST01 of all transactions, as far as they can be read: what is wrong with the rest is for the contract to say."""
    try:
        return {one.kind for one in Document.of(data).transactions()}
    except NotReadable:
        return set()


class Results:
    """folder: where they lie, put there whole, by renaming. None for no results at all."""

    def __init__(self, folder: Path | None, work: Work) -> None:
        self._folder, self._work = folder, work

    def fetch(self, key: str) -> bytes:
        """The file for a request; b"" where none waits. Raises Problem, OSError."""
        given = self._work.kept(key)
        if given is not None:
            return self._content(json.loads(given)[0])
        for path in self._waiting():
            data = path.read_bytes()
            if not is_whole(data[:106], data[-1024:]) or "835" not in transactions_of(data):
                continue
            found: str = json.loads(self._work.keep(key, json.dumps([digest(data)])))[0]
            return data if found == digest(data) else self._content(found)
        return b""

    def knows(self, key: str) -> bool:
        """Whether a request was given a file. Raises Problem."""
        return self._work.kept(key) is not None

    def received(self, key: str) -> None:
        """The file of a request was acknowledged: it is handed out to no other request. Raises Problem, OSError."""
        digits = json.loads(self._work.kept(key) or '[""]')[0]
        for path in self._waiting():
            if digest(path.read_bytes()) == digits:
                target = self._done(digits)
                target.parent.mkdir(mode=0o700, exist_ok=True)
                path.replace(target)
                to_disk(target.parent)
                to_disk(path.parent)

    def _waiting(self) -> list[Path]:
        if self._folder is None:
            return []
        return sorted(one for one in self._folder.iterdir() if one.is_file() and not is_partial_name(one.name))

    def _done(self, digits: str) -> Path:
        assert self._folder is not None
        return self._folder / ".bitewing" / f"{digits[:STEM]}.835"

    def _content(self, digits: str) -> bytes:
        """Raises OSError where it was taken away."""
        for path in self._waiting():
            data = path.read_bytes()
            if digest(data) == digits:
                return data
        return self._done(digits).read_bytes()
