"""What can be wrong with a store, in one line that says how to mend it."""

from __future__ import annotations


class StoreError(Exception):
    """A store that cannot be used. retry: whether running again later may help (locked, full)."""

    def __init__(self, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.retry = retry
