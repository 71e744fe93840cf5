"""``bitewing passes``: the catalogue, and a scaffold for a new pass."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bitewing.cli.options import FILE, config_of, usage
from bitewing.exits import Exit
from bitewing.plugins import PluginError, passes
from bitewing.scaffold import ScaffoldError, scaffold


@click.group("passes")
def passes_group() -> None:
    """The passes: list them, begin a new one."""


@passes_group.command("list")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--config", type=FILE, metavar="FILE.toml", help="Configuration: plugins and passes.")
def list_command(format_: str, config: Path | None) -> int:
    """Every pass: code, name, what it may do, and the fault it finds."""
    try:
        known = passes(config_of(config).allow)
    except PluginError as error:
        raise usage(error) from None
    for one in known:
        does = "repair" if one.repairs else "say"
        if format_ == "json":
            record = {"code": one.code, "name": one.name, "group": one.group, "on": one.on, "repairs": one.repairs}
            click.echo(json.dumps(record | {"looks_at": sorted(one.looks_at), "unit": one.unit, "fault": one.fault}))
        else:
            off = "" if one.on else "  (off unless selected)"
            click.echo(f"{one.code}  {does:6}  {one.group:13}  {one.name}{off}\n      {one.fault}")
    return Exit.DONE


@passes_group.command("new")
@click.argument("name")
@click.option("--into", type=FILE, default=Path(), metavar="FOLDER", help="Where to write it (default: here).")
@click.option("--code", default="Z101", show_default=True, help="Its code: a letter and three digits.")
def new_command(name: str, into: Path, code: str) -> int:
    """Begin a pass: NAME is the fault it finds, in lower case with hyphens, such as film-without-date."""
    try:
        written = scaffold(name, code, into)
    except ScaffoldError as error:
        raise usage(error) from None
    click.echo(f"{written}: fill in the rule, its reason and its examples; the examples are its tests.")
    return Exit.DONE
