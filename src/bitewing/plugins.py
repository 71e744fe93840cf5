"""Plugins: passes of third parties, through the same hook by which the built-in ones come in.

A distribution offers a plugin under the entry point group ``bitewing``. It is loaded only where the configuration
allows it by name: what runs over claims is the operator's decision, not that of whatever is installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import pluggy

from bitewing.transforms.catalog import builtin_passes, in_order
from bitewing.transforms.model import Pass

GROUP = "bitewing"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class PluginError(Exception):
    """A plugin that cannot be used as configured."""


class Hooks:
    """What a plugin may offer."""

    @hookspec
    def bitewing_passes(self) -> Sequence[Pass]:  # type: ignore[empty-body]
        """Passes, each made with ``bitewing.transforms.model.check``."""


class _BuiltIn:
    @hookimpl
    def bitewing_passes(self) -> Sequence[Pass]:
        return builtin_passes()


def passes(allowed: Sequence[str] = ()) -> list[Pass]:
    """Every pass: the built-in ones and those of the plugins that are allowed by name.

    Raises PluginError where a plugin is not installed, does not load, or offers what is no pass or is there already.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    manager.register(_BuiltIn(), "built-in")
    for name in dict.fromkeys(allowed):
        manager.register(_load(name), name)
    found: list[Pass] = []
    for plugin, hook in [(one.plugin_name, one.function) for one in manager.hook.bitewing_passes.get_hookimpls()]:
        try:
            offered = list(cast(Iterable[object], hook()))
        except Exception as error:
            raise PluginError(
                f"plugin {plugin}: it failed when asked for its passes ({type(error).__name__})"
            ) from error
        if not all(isinstance(one, Pass) for one in offered):
            raise PluginError(f"plugin {plugin}: it offers something that is not made with 'check'")
        found += [one for one in offered if isinstance(one, Pass)]
    try:
        return in_order(found)
    except ValueError as error:
        raise PluginError(f"plugins {', '.join(allowed)}: {error}; rename one") from None


def _load(name: str) -> object:
    from importlib.metadata import entry_points

    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in installed:
        known = ", ".join(sorted(installed)) or "none"
        raise PluginError(
            f"plugin {name} is allowed but not installed (installed: {known}); install it or remove its name"
        )
    try:
        return installed[name].load()
    except Exception as error:
        raise PluginError(f"plugin {name}: it does not load ({type(error).__name__}: {error})") from error
