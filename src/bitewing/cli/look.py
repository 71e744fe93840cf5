"""``bitewing view``, ``explain`` and ``demo``: what people look at."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bitewing.cli.options import FILE, config_of, facts_of, usage
from bitewing.edi.errors import EdiError
from bitewing.exits import Exit
from bitewing.plugins import PluginError
from bitewing.transforms.facts import Facts


@click.command("view")
@click.argument("file", type=FILE)
@click.option("--claim", "claim_id", metavar="ID", help="Only the claim with this number (CLM01, CLP01).")
@click.option("--history", multiple=True, metavar="FILE", help="Earlier 837D files, read as submission history.")
@click.option("--store", type=FILE, metavar="STORE", help="A store, looked into as submission history.")
@click.option("--width", type=click.IntRange(60, 300), default=100, show_default=True)
def view_command(file: Path, claim_id: str | None, history: tuple[str, ...], store: Path | None, width: int) -> int:
    """Show claims as a person reads them, with what is found under each line; what an 835 pays; what an answer says."""
    from bitewing.show import shown_claims

    facts = facts_of(None, False, None, history, store) if history or store else Facts()
    count = 0
    try:
        for text in shown_claims(file, claim_id, facts, width):
            click.echo(text)
            count += 1
    except EdiError as error:
        click.echo(f"bitewing: {file}: {error}", err=True)
        return Exit.UNREADABLE
    except OSError as error:
        raise usage(f"{file}: it cannot be read: {error.strerror}; check the name") from None
    if not count:
        every = "no dental claim, no remittance and no acknowledgement"
        what = every if claim_id is None else f"no dental claim {claim_id}"
        raise usage(f"{file}: {what} in this file; check the {'file' if claim_id is None else 'number'}")
    return Exit.DONE


@click.command("explain")
@click.argument("code")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--config", type=FILE, metavar="FILE.toml", help="Configuration: plugins and passes.")
def explain_command(code: str, format_: str, config: Path | None) -> int:
    """Show a pass's page: what it finds, why, where the rule is from, and examples. CODE may be a name."""
    from bitewing.explain import FRAMEWORK, as_json, framework_page, page
    from bitewing.plugins import passes

    try:
        known = passes(config_of(config).allow)
    except PluginError as error:
        raise usage(error) from None
    for framework in FRAMEWORK:
        if code.lower() in framework[:2]:
            click.echo(framework_page(framework, format_))
            return Exit.DONE
    for one in known:
        if code.lower() in (one.code.lower(), one.name):
            click.echo(as_json(one) if format_ == "json" else page(one))
            return Exit.DONE
    raise usage(f"there is no pass named {code!r}; 'bitewing passes list' shows them")


@click.command("demo")
def demo_command() -> int:
    """Repair the shipped, invented claims on screen; then learn from an invented month, and predict the next day."""
    from bitewing.demonstrate import demonstrate
    from bitewing.loop import closed_loop

    demonstrate(sys.stdout)
    closed_loop(sys.stdout)
    return Exit.DONE
