"""The configuration: one TOML file, named on the command line. Nothing is read from a home folder or found by itself.

[plugins]
allow = ["our-passes"]
[passes]
select = ["default", "documentation"]
ignore = ["sv306-one-sent"]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

_KNOWN = {"plugins": {"allow"}, "passes": {"select", "ignore"}}


class ConfigError(Exception):
    """A configuration that cannot be used: where, what, and how to mend it."""


class Config(NamedTuple):
    """What the file says. allow: plugins by name; select, ignore: passes, as on the command line."""

    allow: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


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
        if section not in _KNOWN or not isinstance(keys, dict):
            raise ConfigError(f"{path}: there is no section [{section}]; known: {', '.join(sorted(_KNOWN))}")
        for key in keys:
            if key not in _KNOWN[section]:
                raise ConfigError(f"{path}: [{section}] has no {key}; known: {', '.join(sorted(_KNOWN[section]))}")
    return Config(
        _words(path, said, "plugins", "allow"),
        _words(path, said, "passes", "select"),
        _words(path, said, "passes", "ignore"),
    )


def _words(path: Path, said: dict[str, Any], section: str, key: str) -> tuple[str, ...]:
    value = said.get(section, {}).get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ConfigError(f'{path}: [{section}] {key} must be a list of words, such as ["one", "two"]')
    return tuple(value)
