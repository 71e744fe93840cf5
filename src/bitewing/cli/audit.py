"""``bitewing audit`` and ``bitewing undo``: the ledger of runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from bitewing.cli.options import FILE, temporary, usage
from bitewing.edi.errors import OutputError
from bitewing.exits import Exit
from bitewing.hook.ledger import Entry, Ledger, LedgerError

_LEDGER = click.option("--ledger", type=FILE, required=True, metavar="FILE", help="The ledger of runs.")


def ledger_of(path: Path, *, make: bool = True) -> Ledger:
    """A ledger. Raises ClickException (2 or 75)."""
    try:
        return Ledger(path, make=make)
    except LedgerError as error:
        raise ledger_trouble(error) from None


def ledger_trouble(error: LedgerError) -> click.ClickException:
    """What ends with 75 where running again may help, else with 2."""
    return temporary(error) if error.retry else usage(error)


@click.group("audit")
def audit_group() -> None:
    """The ledger of runs."""


@audit_group.command("verify")
@_LEDGER
@click.option("--head", default="", metavar="HASH", help="A hash that was noted before; it must be in the ledger.")
def audit_verify_command(ledger: Path, head: str) -> int:
    """Say whether the ledger is whole: exit 1 where an entry was changed, added or dropped."""
    from bitewing.hook.audit import audited

    try:
        with closing(ledger_of(ledger, make=False)) as kept:
            found = audited(kept, head)
    except LedgerError as error:
        raise ledger_trouble(error) from None
    if found.wrong:
        click.echo(f"{ledger}: not whole: {found.wrong}; what is before it holds ({found.runs} runs)")
        return Exit.FINDINGS
    click.echo(f"{ledger}: whole, {found.runs} run{'' if found.runs == 1 else 's'}; head {found.head}")
    return Exit.DONE


@audit_group.command("list")
@_LEDGER
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def audit_list_command(ledger: Path, format_: str) -> int:
    """Show the runs, one a line."""
    from bitewing.records import dumps

    try:
        for entry in _entries(ledger):
            said = entry.record
            if format_ == "json":
                click.echo(dumps({"type": "run", "run": entry.run, "hash": entry.hash, **said}))
            else:
                sizes = f"{said['bytes_in']} bytes in, {said['bytes_out']} out"
                click.echo(f"{entry.run}  {said['at']}  {said['door']}  {said['verdict']}, {sizes}")
    except LedgerError as error:
        raise ledger_trouble(error) from None
    return Exit.DONE


def _entries(path: Path) -> Iterator[Entry]:
    with closing(ledger_of(path, make=False)) as kept:
        yield from kept.entries()


@click.command("undo")
@click.argument("run", metavar="RUN")
@click.argument("file", type=FILE, metavar="FILE")
@_LEDGER
@click.option("-o", "--output", type=FILE, required=True, metavar="OUT", help="Where to write the original.")
@click.option("--quarantine", type=FILE, metavar="DIR", help="Where that lies which the run set aside.")
def undo_command(run: str, file: Path, ledger: Path, output: Path, quarantine: Path | None) -> int:
    """Give back the file that RUN was given, byte for byte, from FILE, which is what it let go on.

    FILE is - where nothing went on and there is no file.
    """
    from bitewing.edi.output import write_whole
    from bitewing.hook.audit import original

    try:
        data = b"" if str(file) == "-" else file.read_bytes()
        aside = sorted(quarantine.iterdir()) if quarantine is not None else []
        with closing(ledger_of(ledger, make=False)) as kept:
            back = original(kept, run, data, aside)
    except LedgerError as error:
        raise ledger_trouble(error) from None
    except OSError as error:
        raise usage(f"{error.filename}: it cannot be read: {error.strerror}; check the name") from None
    try:
        write_whole(output, [back])
    except OutputError as error:
        click.echo(f"bitewing: {error}", err=True)
        return Exit.TEMPORARY if error.retry else Exit.USAGE
    return Exit.DONE
