"""``bitewing config show``: what holds, and where it comes from."""

from __future__ import annotations

from pathlib import Path

import click

from bitewing.cli.options import FILE, config_of
from bitewing.exits import Exit


@click.group("config")
def config_group() -> None:
    """The configuration."""


@config_group.command("show")
@click.option("--config", type=FILE, metavar="FILE.toml", help="The configuration to show; defaults if absent.")
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
def config_show_command(config: Path | None, origin: bool) -> int:
    """Show every setting that holds."""
    import json

    from bitewing.config import settings

    for name, value, source in settings(config_of(config)):
        shown = json.dumps(value, ensure_ascii=False)
        click.echo(f"{name} = {shown}" + (f"  ({source})" if origin else ""))
    return Exit.DONE
