"""The configuration: one TOML file, named on the command line. Nothing is read from a home folder or found by itself.

[plugins]
allow = ["our-passes"]
[passes]
select = ["default", "documentation"]
ignore = ["sv306-one-sent"]

[[contract]]
payer = "TESTPAY1"
billing_npi = "1999900016"
class = "PPO"
network = "in"

[hook], [hook.limits], [hook.passes] and [[partner]] are described and read in ``hook/settings.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bitewing.hook.settings import HookSettings, SettingsError, read_hook
from bitewing.policies.rule import Contract
from bitewing.policies.rules import NO_CONTRACTS

_ELSEWHERE = ("contract", "hook", "partner")
_CONTRACT = ("payer", "billing_npi", "class", "network")
_KNOWN = {"plugins": {"allow"}, "passes": {"select", "ignore"}}


class ConfigError(Exception):
    """A configuration that cannot be used: where, what, and how to mend it."""


class Config(NamedTuple):
    """What the file says. allow: plugins by name; select, ignore: passes, as on the command line.

    hook: how far the hook may go. contracts: by payer (2010BB NM109) and billing NPI, "" for every practice. origin:
    the file, None where all is as it comes.
    """

    allow: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    hook: HookSettings = HookSettings()
    contracts: Mapping[tuple[str, str], Contract] = NO_CONTRACTS
    origin: Path | None = None


def read_config(path: Path | None) -> Config:
    """The configuration, all defaults where there is none. Raises ConfigError."""
    if path is None:
        return Config()
    import tomllib  # only where there is a configuration

    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: this is not TOML: {error}") from None
    for section, keys in said.items():
        if section in _ELSEWHERE:
            continue
        if section not in _KNOWN or not isinstance(keys, dict):
            raise ConfigError(
                f"{path}: there is no section [{section}]; known: {', '.join(sorted((*_KNOWN, *_ELSEWHERE)))}"
            )
        for key in keys:
            if key not in _KNOWN[section]:
                raise ConfigError(f"{path}: [{section}] has no {key}; known: {', '.join(sorted(_KNOWN[section]))}")
    try:
        hook = read_hook(said)
    except SettingsError as error:
        raise ConfigError(f"{path}: {error}") from None
    return Config(
        _words(path, said, "plugins", "allow"),
        _words(path, said, "passes", "select"),
        _words(path, said, "passes", "ignore"),
        hook,
        _contracts(path, said),
        path,
    )


def _words(path: Path, said: dict[str, Any], section: str, key: str) -> tuple[str, ...]:
    value = said.get(section, {}).get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ConfigError(f'{path}: [{section}] {key} must be a list of words, such as ["one", "two"]')
    return tuple(value)


def _contracts(path: Path, said: dict[str, Any]) -> dict[tuple[str, str], Contract]:
    """[[contract]]: what practices have agreed with payers, for rules that hold for a class or a network only."""
    found: dict[tuple[str, str], Contract] = {}
    sections = said.get("contract", [])
    if not isinstance(sections, list):
        raise ConfigError(f"{path}: contracts are written [[contract]], each in its own section")
    for at, one in enumerate(sections, 1):
        where = f"{path}: [[contract]] {at}"
        for key, value in one.items():
            if key not in _CONTRACT or not isinstance(value, str):
                raise ConfigError(f"{where}: {key} is not known, or is no text; known: {', '.join(_CONTRACT)}")
        if not one.get("payer"):
            raise ConfigError(f"{where} has no payer; write its identifier as claims have it (2010BB NM109)")
        if one.get("network", "") not in ("", "in", "out"):
            raise ConfigError(f'{where}: network is "in" or "out"')
        key = (one["payer"], one.get("billing_npi", ""))
        if key in found:
            raise ConfigError(f"{where}: there is another for this payer and practice; keep one")
        found[key] = Contract(one.get("class", ""), one.get("network", ""))
    return found


def settings(config: Config) -> list[tuple[str, object, str]]:
    """Every setting in effect: its name as in the file, its value, and where that comes from."""
    import tomllib

    said = tomllib.loads(config.origin.read_text(encoding="utf-8")) if config.origin is not None else {}
    hook = config.hook
    plain: list[tuple[str, object]] = [
        ("plugins.allow", list(config.allow)),
        ("passes.select", list(config.select)),
        ("passes.ignore", list(config.ignore)),
        *((f"hook.{key}", getattr(hook, key)) for key in ("mode", "mandatory", "split", "strict")),
        ("hook.acks", list(hook.acks)),
        *((f"hook.{key}", getattr(hook, key)) for key in ("source", "control")),
        *((f"hook.limits.{key}", value) for key, value in hook.limits._asdict().items()),
        *((f"hook.passes.{name}", mode) for name, mode in hook.passes.items()),
    ]
    found = [(name, value, _origin(name, said, config.origin)) for name, value in plain]
    for (payer, billing), contract in config.contracts.items():
        name = f"contract.{payer}.{billing}" if billing else f"contract.{payer}"
        agreed = (("class", contract.klass), ("network", contract.network))
        found += [(f"{name}.{key}", value, str(config.origin)) for key, value in agreed if value]
    for partner in hook.partners:
        shown: dict[str, object] = {**partner.address._asdict(), "mode": partner.mode, "mandatory": partner.mandatory}
        shown |= {f"passes.{name}": mode for name, mode in partner.passes.items()}
        for key, value in shown.items():
            if value not in (None, ""):
                found.append((f"partner.{partner.name}.{key}", value, str(config.origin)))
    return found


def _origin(name: str, said: dict[str, Any], path: Path | None) -> str:
    place: Any = said
    for key in name.split("."):
        if not isinstance(place, dict) or key not in place:
            return "default"
        place = place[key]
    return str(path)
