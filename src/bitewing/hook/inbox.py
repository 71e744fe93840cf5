"""The folder in which files come in: which of them nobody writes to any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bitewing.hook.disk import Disk, Stamp, is_partial_name, is_whole
from bitewing.hook.watching import Watching

_ENDS = 1024


class Inbox:
    """Looked at again and again. timer: measures how long files rest. say: takes a line for a person."""

    def __init__(self, disk: Disk, watching: Watching, timer: Callable[[], float], say: Callable[[str], None]) -> None:
        self._disk, self._watching, self._timer, self._say = disk, watching, timer, say
        self._seen: dict[str, tuple[Stamp, float]] = {}
        self._told = False
        self.waiting = 0
        """Files that were seen when it was last looked at, and were not ready."""

    def ready(self) -> Iterator[str]:
        """The names of those that are ready. Raises OSError."""
        inbox, now = self._watching.folders.inbox, self._timer()
        seen, self._seen, self.waiting = self._seen, {}, 0
        for name in self._disk.names(inbox):
            stamp = None if is_partial_name(name) else self._disk.stamp(inbox / name)
            if stamp is None:
                continue
            before, since = seen.get(name, (stamp, now))
            since = since if before == stamp else now
            quiet = now - since
            if quiet >= self._watching.settle and self._takeable(inbox / name, late=quiet >= self._watching.patience):
                yield name
            else:
                self._seen[name] = (stamp, since)
                self.waiting += 1

    def _takeable(self, path: Path, *, late: bool) -> bool:
        """Whether a file that rests may be read and ends as an interchange ends; the latter does not matter when it is
        late. One that may not be read stops nothing but itself."""
        try:
            return is_whole(*self._disk.ends(path, 106, _ENDS)) or late
        except FileNotFoundError:
            return False
        except PermissionError:
            if not self._told:
                self._say("a file in IN may not be read by this user; it is left where it is")
            self._told = True
            return False
