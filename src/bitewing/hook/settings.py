"""The sections of the configuration that are about the hook: [hook], [hook.limits], [hook.passes], [[partner]].

Every value knows where it comes from, so that ``bitewing config show --origin`` can say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from bitewing.hook.modes import Mode
from bitewing.hook.policy import ANSWERS, Address, Limits, Partner

_HOOK = {"mode", "mandatory", "split", "strict", "acks", "source", "control", "limits", "passes"}
_LIMITS = {"most_bytes", "seconds"}
_ADDRESS = ("isa06", "isa08", "gs02", "gs03")
_PARTNER = {"name", *_ADDRESS, "mode", "mandatory", "passes"}


class SettingsError(ValueError):
    """A setting that cannot be used: which, and how to mend it."""


class HookSettings(NamedTuple):
    """What the file says of the hook. control: ISA13 of the first answer that is ever made."""

    mode: Mode = Mode.SHADOW
    mandatory: bool = False
    split: bool = False
    strict: bool = False
    acks: tuple[str, ...] = ANSWERS
    source: str = ""
    control: int = 1
    limits: Limits = Limits()
    passes: Mapping[str, Mode] = {}
    partners: tuple[Partner, ...] = ()


def read_hook(said: Mapping[str, Any]) -> HookSettings:
    """The settings, all defaults where there are none. said: the whole configuration. Raises SettingsError."""
    hook = _table(said.get("hook", {}), "[hook]", _HOOK)
    limits = _table(hook.get("limits", {}), "[hook.limits]", _LIMITS)
    standard = HookSettings()
    acks = hook.get("acks", list(ANSWERS))
    if not isinstance(acks, list) or not all(one in ANSWERS for one in acks):
        raise SettingsError(f"[hook] acks must be a list of {', '.join(ANSWERS)}, or an empty one for no answers")
    source = _typed(hook, "[hook]", "source", str, "")
    if source and not 2 <= len(source.rpartition(":")[2]) <= 80:
        raise SettingsError("[hook] source must be NAME:ID, as in 'Test Clearinghouse:12345'")
    most = _typed(limits, "[hook.limits]", "most_bytes", int, Limits().most_bytes)
    seconds = _typed(limits, "[hook.limits]", "seconds", (int, float), Limits().seconds)
    control = _typed(hook, "[hook]", "control", int, 1)
    if most < 1 or seconds <= 0 or not 1 <= control <= 999_999_999:
        raise SettingsError("[hook] limits must be more than 0, and control a number of one to nine digits")
    partners = said.get("partner", [])
    if not isinstance(partners, list):
        raise SettingsError("partners are written [[partner]], each in its own section")
    return HookSettings(
        _mode(hook["mode"], "[hook] mode") if "mode" in hook else standard.mode,
        _typed(hook, "[hook]", "mandatory", bool, False),
        _typed(hook, "[hook]", "split", bool, False),
        _typed(hook, "[hook]", "strict", bool, False),
        tuple(acks),
        source,
        control,
        Limits(most, seconds),
        _modes(hook.get("passes", {}), "[hook.passes]"),
        tuple(_partner(one, f"[[partner]] {number}") for number, one in enumerate(partners, 1)),
    )


def _partner(said: Any, where: str) -> Partner:
    table = _table(said, where, _PARTNER)
    address = Address(*(_typed(table, where, key, str, "").strip() for key in _ADDRESS))
    if not any(address):
        raise SettingsError(f"{where} means every group; say at least one of {', '.join(_ADDRESS)}")
    name = _typed(table, where, "name", str, "")
    if not name:
        raise SettingsError(f"{where} has no name; give it one of your own")
    mode = _mode(table["mode"], f"{where} mode") if "mode" in table else None
    mandatory = _typed(table, where, "mandatory", bool, False) if "mandatory" in table else None
    return Partner(name, address, mode, mandatory, _modes(table.get("passes", {}), f"{where} passes"))


def _table(said: Any, where: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(said, dict):
        raise SettingsError(f"{where} must be a section")
    for key in said:
        if key not in known:
            raise SettingsError(f"{where} has no {key}; known: {', '.join(sorted(known))}")
    return said


def _typed(table: Mapping[str, Any], where: str, key: str, kind: type | tuple[type, ...], standard: Any) -> Any:
    value = table.get(key, standard)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        wanted = {str: "text", bool: "true or false"}.get(kind if isinstance(kind, type) else int, "a number")
        raise SettingsError(f"{where} {key} must be {wanted}")
    return value


def _mode(said: Any, where: str) -> Mode:
    if said not in list(Mode):
        raise SettingsError(f"{where} must be one of {', '.join(Mode)}")
    return Mode(said)


def _modes(said: Any, where: str) -> dict[str, Mode]:
    if not isinstance(said, dict):
        raise SettingsError(f"{where} must be a section of modes by the name of a pass")
    return {name: _mode(mode, f"{where} {name}") for name, mode in said.items()}
