"""The catalogue: every pass that is there, found by looking in the folders. Nothing is listed by hand.

A pass is any ``Pass`` that a module of a folder here holds. Third parties hand theirs in through the same hook.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from functools import cache

import bitewing.transforms
from bitewing.transforms.model import Pass


class UnknownPass(Exception):
    """A word that names no pass and no group."""


@cache
def builtin_passes() -> tuple[Pass, ...]:
    """The passes of this package, by code. Raises ValueError where two have one code or name."""
    found: list[Pass] = []
    for folder in pkgutil.iter_modules(bitewing.transforms.__path__):
        if folder.ispkg:
            package = importlib.import_module(f"bitewing.transforms.{folder.name}")
            for module in pkgutil.iter_modules(package.__path__):
                found += passes_in(importlib.import_module(f"{package.__name__}.{module.name}"))
    return tuple(in_order(found))


def passes_in(module: object) -> list[Pass]:
    """The passes that a module itself defines, not those it imports."""
    name = getattr(module, "__name__", "")
    return [one for one in vars(module).values() if isinstance(one, Pass) and one.run.__module__ == name]


def in_order(passes: Iterable[Pass]) -> list[Pass]:
    """Passes by code. Raises ValueError where two have one code or one name."""
    found = sorted(passes, key=lambda one: one.code)
    for word in ("code", "name"):
        seen: set[str] = set()
        for one in found:
            said = getattr(one, word)
            if said in seen:
                raise ValueError(f"two passes have the {word} {said}")
            seen.add(said)
    return found


def chosen(passes: Sequence[Pass], select: Sequence[str] = (), ignore: Sequence[str] = ()) -> list[Pass]:
    """The passes to run: those that are on, or those selected; without those ignored.

    Words are codes, names or groups (folders); ``default`` stands for those that are on, ``all`` for every one. Raises
    UnknownPass where a word means nothing.
    """
    for word in (*select, *ignore):
        if word.lower() != "default" and not any(one.answers_to(word) for one in passes):
            raise UnknownPass(f"there is no pass or group named {word!r}; 'bitewing passes list' shows them")
    return [
        one
        for one in passes
        if (one.on if not select else any(_means(word, one) for word in select))
        and not any(_means(word, one) for word in ignore)
    ]


def _means(word: str, one: Pass) -> bool:
    return one.on if word.lower() == "default" else one.answers_to(word)
