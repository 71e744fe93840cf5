"""``bitewing hook``: a filter, from standard input to standard output."""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

import click

from bitewing.cli.audit import ledger_of
from bitewing.cli.options import FAIL_ON, FILE, usage
from bitewing.cli.processing import MODES, Doing, doing_of, processing_options
from bitewing.exits import Exit
from bitewing.hook.ledger import Ledger, LedgerError
from bitewing.hook.modes import Mode
from bitewing.hook.result import Processed

_MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


@click.command("hook")
@click.option("--mode", type=click.Choice(MODES), help="At most this, and this where nothing else is said.")
@click.option("--findings", type=FILE, metavar="FILE", help="Write what was found, a JSON object a line.")
@click.option("--acks", type=FILE, metavar="DIR", help="Write the answers (TA1, 999, 277CA) into this folder.")
@click.option("--quarantine", type=FILE, metavar="DIR", help="Write what is set aside into this folder.")
@click.option("--ledger", type=FILE, metavar="FILE", help="Write the run down in this ledger; made if absent.")
@click.option("--at", type=click.DateTime(_MOMENTS), metavar="TIME", help="The clock; now if absent.")
@click.option("--control", type=click.IntRange(1, 999_999_999), help="ISA13 of the first answer.")
@processing_options
@click.option("--fail-on", type=click.Choice(FAIL_ON), default="never", show_default=True, help="Exit 1 from here up.")
def hook_command(
    mode: str | None,
    findings: Path | None,
    acks: Path | None,
    quarantine: Path | None,
    ledger: Path | None,
    at: datetime | None,
    control: int | None,
    fail_on: str,
    **options: Any,
) -> int:
    """Process standard input as the policy says, to standard output. Nothing else is ever written there."""
    doing = doing_of(options)
    for folder in (acks, quarantine):
        if folder is not None and not folder.is_dir():
            raise usage(f"{folder}: there is no such folder; make it first")
    if doing.sets_aside and quarantine is None:
        raise usage("--split, --mandatory and the like set things aside: say where, with --quarantine DIR")
    wanted = _Wanted(Mode(mode) if mode else None, findings, acks, quarantine, at or datetime.now(UTC), control)
    kept = ledger_of(ledger) if ledger is not None else None
    try:
        done = _run(doing, wanted, kept)
    finally:
        if kept is not None:
            kept.close()
    return done if isinstance(done, Exit) else done.exit(fail_on)


class _Wanted(NamedTuple):
    mode: Mode | None
    findings: Path | None
    acks: Path | None
    quarantine: Path | None
    at: datetime
    control: int | None


def _run(doing: Doing, wanted: _Wanted, ledger: Ledger | None) -> Processed | Exit:
    """The outcome, or an exit code where nothing was written because something cannot be written."""
    from bitewing.edi.errors import OutputError
    from bitewing.hook.files import write_folder
    from bitewing.hook.process import passed_on
    from bitewing.hook.says import alert_line

    with closing(_Input(sys.stdin.buffer, doing.policy.limits.most_bytes)) as whole:
        try:
            done = _through(whole, doing, wanted, ledger)
        except (click.ClickException, MemoryError, OSError):
            raise
        except Exception as error:  # nothing was written to standard output yet
            click.echo(f"bitewing: internal fault ({type(error).__name__}); please report it", err=True)
            done = passed_on(whole.data, doing.policy)
            try:
                write_folder(done, whole.data, None, wanted.quarantine, whole.rest())
            except OutputError as failed:
                click.echo(f"bitewing: {failed}", err=True)
                return Exit.TEMPORARY
        if isinstance(done, Exit):
            return done
        _out(done.data, whole.rest() if done.data else iter(()), sys.stdout.buffer)
    if line := alert_line(done, "<stdin>"):
        click.echo(f"bitewing: {line}", err=True)
    return done


def _through(whole: _Input, doing: Doing, wanted: _Wanted, ledger: Ledger | None) -> Processed | Exit:
    from bitewing.edi.errors import OutputError
    from bitewing.edi.output import write_whole
    from bitewing.hook.entry import entry_of
    from bitewing.hook.files import write_folder
    from bitewing.hook.numbers import Numbers
    from bitewing.hook.says import findings_lines
    from bitewing.hook.timed import timed

    policy, begun = doing.policy, time.perf_counter()
    first = wanted.control or doing.control
    ids = Numbers(first) if ledger is None or wanted.control else lambda count: ledger.reserve(count, first)
    try:
        done = timed(whole.data, policy=policy, mode=wanted.mode, clock=lambda: wanted.at, ids=ids)
        # What cannot be written elsewhere is known before the first byte goes on.
        write_folder(done, whole.data, wanted.acks, wanted.quarantine, whole.rest())
        if wanted.findings is not None:
            write_whole(wanted.findings, (line.encode() for line in findings_lines(done, "<stdin>")))
        if ledger is not None:
            entry = entry_of(
                done,
                whole.data,
                policy,
                door="filter",
                at=wanted.at,
                seconds=time.perf_counter() - begun,
                mode=wanted.mode,
                sha256_in=whole.sha256,
                bytes_in=whole.size if whole.too_large else -1,
            )
            ledger.add(entry)
    except (OutputError, LedgerError) as error:
        click.echo(f"bitewing: {error}", err=True)
        return Exit.TEMPORARY if error.retry else Exit.USAGE
    return done


class _Input:
    """Standard input: so much as is processed in memory, what is beyond that kept aside.

    data: its beginning, all of it unless it is too large. size, sha256: of all of it.
    """

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self.data = stream.read(most + 1)
        self.size, found = len(self.data), hashlib.sha256(self.data)
        self._spool = tempfile.SpooledTemporaryFile(max_size=8 << 20)  # noqa: SIM115 - closed by close()
        while len(self.data) > most and (piece := stream.read(1 << 20)):
            self._spool.write(piece)
            found.update(piece)
            self.size += len(piece)
        self.too_large = len(self.data) > most
        self.sha256 = found.hexdigest()

    def close(self) -> None:
        """Let go of what was kept aside."""
        self._spool.close()

    def rest(self) -> Iterator[bytes]:
        """What follows its beginning."""
        self._spool.seek(0)
        while piece := self._spool.read(1 << 20):
            yield piece


def _out(data: bytes, rest: Iterator[bytes], stream: IO[bytes]) -> None:
    """rest: of an input that is longer than what is processed, and goes on as it came."""
    stream.write(data)
    for piece in rest:
        stream.write(piece)
    stream.flush()
