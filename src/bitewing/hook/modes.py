"""How far the hook may go: measure in silence, say what it would do, or do it."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What is done about a finding. Each goes further than the one before."""

    SHADOW = "shadow"
    """Measured and recorded; nothing is changed, nothing said."""
    PROPOSE = "propose"
    """Said, its edits listed, the file answered; nothing is changed."""
    APPLY = "apply"
    """Repairs are made."""

    @property
    def weight(self) -> int:
        """0 for shadow, 2 for apply."""
        return list(Mode).index(self)


def lower(one: Mode, other: Mode) -> Mode:
    """Which of two goes less far."""
    return one if one.weight <= other.weight else other
