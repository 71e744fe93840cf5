"""What a server is told: what it does with files, who may ask, and how much at once."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bitewing.hook.modes import Mode
from bitewing.hook.policy import Policy


class Serving(NamedTuple):
    """policy, mode, control: as for the contract. ledger: where runs are written down. acks, quarantine: folders.

    token: what a request must bear. body_seconds: for a body to arrive. head_seconds: for the head of a request.
    threads: files at once in each process; waiting: requests that may wait for them, beyond which it says 503.
    outbox: where what came over CORE goes on, None for no CORE; user: who may send it; results: where remittances wait
    to be fetched over it. random: names tries. tls: certificate and key of the server; client_ca: who signs the
    certificates that whoever comes must show.
    """

    policy: Policy
    ledger: Path
    token: bytes
    clock: Callable[[], datetime]
    mode: Mode | None = None
    control: int = 1
    acks: Path | None = None
    quarantine: Path | None = None
    body_seconds: float = 15.0
    head_seconds: float = 10.0
    threads: int = 2
    waiting: int = 64
    outbox: Path | None = None
    user: str = "bitewing"
    random: Callable[[int], bytes] = os.urandom
    results: Path | None = None
    tls: tuple[Path, Path] | None = None
    client_ca: Path | None = None

    def knows(self, authorization: bytes) -> bool:
        """Whether a header bears the token; takes as long whatever it says."""
        kind, _, said = authorization.partition(b" ")
        return hmac.compare_digest(said.strip(), self.token) and kind.lower() == b"bearer"
