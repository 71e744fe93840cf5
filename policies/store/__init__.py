"""A store: what was submitted and what was paid, kept so that it can be matched. See README.md."""

from __future__ import annotations

from bitewing.policies.store.errors import StoreError
from bitewing.policies.store.history import StoreHistory
from bitewing.policies.store.ingest import Ingested, ingest
from bitewing.policies.store.store import Store

__all__ = ["Ingested", "Store", "StoreError", "StoreHistory", "ingest"]
