"""``bitewing watch``: a drop folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bitewing.cli.options import FILE, usage
from bitewing.cli.processing import MODES, doing_of, processing_options
from bitewing.exits import Exit
from bitewing.hook.modes import Mode

_SECONDS = click.FloatRange(min=0)


@click.command("watch")
@click.argument("inbox", type=FILE, metavar="IN")
@click.argument("outbox", type=FILE, metavar="OUT")
@click.option("--quarantine", type=FILE, metavar="DIR", help="Where what is set aside goes.")
@click.option("--acks", type=FILE, metavar="DIR", help="Where the answers (TA1, 999, 277CA) go.")
@click.option("--findings", type=FILE, metavar="DIR", help="Where findings go, a file of JSON lines for each input.")
@click.option("--ledger", type=FILE, metavar="FILE", required=True, help="The ledger of runs; on a local disk.")
@click.option("--mode", type=click.Choice(MODES), help="At most this, and this where nothing else is said.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Files at once.")
@click.option("--poll", type=_SECONDS, default=1.0, show_default=True, help="Seconds between two looks.")
@click.option(
    "--settle", type=_SECONDS, default=2.0, show_default=True, help="Seconds without a change before it is taken."
)
@click.option("--patience", type=_SECONDS, default=60.0, show_default=True, help="The same for one that does not end.")
@click.option("--once", is_flag=True, help="Process what is there, then end.")
@processing_options
def watch_command(
    inbox: Path,
    outbox: Path,
    quarantine: Path | None,
    acks: Path | None,
    findings: Path | None,
    ledger: Path,
    mode: str | None,
    workers: int,
    poll: float,
    settle: float,
    patience: float,
    once: bool,
    **options: Any,
) -> int:
    """Process each file that is put into IN, once, and put what may go on into OUT."""
    doing = doing_of(options)
    folders = [folder for folder in (inbox, outbox, quarantine, acks, findings) if folder is not None]
    for folder in folders:
        if not folder.is_dir():
            raise usage(f"{folder}: there is no such folder; make it first")
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise usage("IN, OUT and the others must be different folders")
    if doing.sets_aside and quarantine is None:
        raise usage("--split, --mandatory and the like set things aside: say where, with --quarantine DIR")
    try:
        from bitewing.hook.watching import Folders, Watching
        from bitewing.hook.workers import run_workers
    except ModuleNotFoundError:
        raise usage("watch needs locks that this system does not have; run 'bitewing hook' for each file") from None
    resolved = (folder.resolve() if folder is not None else None for folder in (quarantine, acks, findings))
    watching = Watching(
        Folders(inbox.resolve(), outbox.resolve(), *resolved),
        ledger.resolve(),
        doing.policy,
        Mode(mode) if mode else None,
        doing.control,
        settle,
        max(settle, patience),
    )
    return Exit(run_workers(watching, workers, clock=lambda: datetime.now(UTC), say=_say, poll=poll, once=once))


def _say(line: str) -> None:
    click.echo(f"bitewing: {line}", err=True)
