"""``bitewing hook``: a filter, from standard input to standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from bitewing.cli.options import FAIL_ON, FILE, usage
from bitewing.cli.processing import MODES, Doing, doing_of, processing_options
from bitewing.exits import Exit
from bitewing.hook.modes import Mode

_MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


@click.command("hook")
@click.option("--mode", type=click.Choice(MODES), help="At most this, and this where nothing else is said.")
@click.option("--findings", type=FILE, metavar="FILE", help="Write what was found, a JSON object a line.")
@click.option("--acks", type=FILE, metavar="DIR", help="Write the answers (TA1, 999, 277CA) into this folder.")
@click.option("--quarantine", type=FILE, metavar="DIR", help="Write what is set aside into this folder.")
@click.option("--at", type=click.DateTime(_MOMENTS), metavar="TIME", help="The clock; now if absent.")
@click.option("--control", type=click.IntRange(1, 999_999_999), help="ISA13 of the first answer.")
@processing_options
@click.option("--fail-on", type=click.Choice(FAIL_ON), default="never", show_default=True, help="Exit 1 from here up.")
def hook_command(
    mode: str | None,
    findings: Path | None,
    acks: Path | None,
    quarantine: Path | None,
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
    return _run(doing, Mode(mode) if mode else None, findings, acks, quarantine, at, control, fail_on)


def _run(
    doing: Doing,
    mode: Mode | None,
    findings: Path | None,
    acks: Path | None,
    quarantine: Path | None,
    at: datetime | None,
    control: int | None,
    fail_on: str,
) -> Exit:
    from bitewing.edi.errors import OutputError
    from bitewing.hook.files import write_folder
    from bitewing.hook.numbers import Numbers
    from bitewing.hook.says import alert_line, findings_lines
    from bitewing.hook.timed import timed

    stream = sys.stdin.buffer
    data = stream.read(doing.policy.limits.most_bytes + 1)
    moment = at or datetime.now(UTC)
    numbers = Numbers(control or doing.control)
    done = timed(data, policy=doing.policy, mode=mode, clock=lambda: moment, ids=numbers)
    try:
        # What cannot be written elsewhere is known before the first byte goes on.
        write_folder(done, data, acks, quarantine, pieces(stream))
        if findings is not None:
            from bitewing.edi.output import write_whole

            write_whole(findings, (line.encode() for line in findings_lines(done, "<stdin>")))
    except OutputError as error:
        click.echo(f"bitewing: {error}", err=True)
        return Exit.TEMPORARY if error.retry else Exit.USAGE
    _out(done.data, pieces(stream), sys.stdout.buffer)
    if line := alert_line(done, "<stdin>"):
        click.echo(f"bitewing: {line}", err=True)
    return done.exit(fail_on)


def _out(data: bytes, rest: Iterator[bytes], stream: IO[bytes]) -> None:
    """rest: of an input that is longer than what is processed, and goes on as it came."""
    stream.write(data)
    for piece in rest:
        stream.write(piece)
    stream.flush()


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """What is left of a stream."""
    while piece := stream.read(1 << 20):
        yield piece
