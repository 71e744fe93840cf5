"""``bitewing ack``: the answers to a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from bitewing.cli.options import FILE, usage
from bitewing.edi.acks.envelope import LAST_CONTROL, Envelope, Source
from bitewing.edi.acks.verdicts import Verdicts
from bitewing.edi.document import Document
from bitewing.edi.errors import EdiError, OutputError
from bitewing.exits import Exit

LINE_ENDS = {"none": b"", "lf": b"\n", "crlf": b"\r\n"}
_MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def ack_command(verdicts: Callable[[Document], Verdicts]) -> click.Command:
    """The command, over a check of conformance that says what is wrong with a document."""

    @click.command("ack")
    @click.argument("file", type=FILE)
    @click.option("--ta1", type=FILE, metavar="OUT", help="Write the TA1: was the interchange accepted.")
    @click.option("--999", "implementation", type=FILE, metavar="OUT", help="Write the 999: what is wrong where.")
    @click.option("--277ca", "claims", type=FILE, metavar="OUT", help="Write the 277CA: which claims are accepted.")
    @click.option(
        "--at", type=click.DateTime(_MOMENTS), required=True, metavar="TIME", help="The clock: 2026-11-21T10:00."
    )
    @click.option("--control", type=click.IntRange(1, LAST_CONTROL), required=True, help="ISA13 of the first answer.")
    @click.option("--source", metavar="NAME:ID", help="Who answers; else the receiver that the file names.")
    @click.option("--strict", is_flag=True, help="A fault in one claim rejects its whole transaction.")
    @click.option("--line-end", type=click.Choice([*LINE_ENDS]), default="none", show_default=True)
    def ack(
        file: Path,
        ta1: Path | None,
        implementation: Path | None,
        claims: Path | None,
        at: datetime,
        control: int,
        source: str | None,
        strict: bool,
        line_end: str,
    ) -> int:
        """Answer a file: TA1, 999 and 277CA."""
        wanted = {"ta1": ta1, "999": implementation, "277ca": claims}
        outputs = {name: path for name, path in wanted.items() if path is not None}
        envelope = Envelope(at, control, LINE_ENDS[line_end], _source(source))
        _refuse(file, outputs)
        return _run(file, outputs, envelope, verdicts, strict=strict)

    return ack


def _run(
    file: Path,
    outputs: dict[str, Path],
    envelope: Envelope,
    verdicts: Callable[[Document], Verdicts],
    *,
    strict: bool,
) -> Exit:
    from bitewing.acknowledge import acknowledge
    from bitewing.edi.source import SpooledSource

    try:
        document = Document(SpooledSource(sys.stdin.buffer)) if str(file) == "-" else Document.open(file)
    except OSError as error:
        raise usage(f"{file}: it cannot be read: {error.strerror}; check the name") from None
    try:
        done, written = acknowledge(document, verdicts(document), envelope, outputs, strict=strict)
    except EdiError as error:
        click.echo(f"bitewing: {file}: {error}", err=True)
        return Exit.UNREADABLE
    except OutputError as error:
        click.echo(f"bitewing: {error}", err=True)
        return Exit.TEMPORARY if error.retry else Exit.USAGE
    finally:
        document.close()
    # What is said goes beside an answer that goes to standard output.
    aside = Path("-") in outputs.values()
    click.echo(
        f"{file}: {done.claims} claims, {done.claims_rejected} rejected; {done.transactions} transactions,"
        f" {done.transactions_rejected} rejected; next control number {done.next_control}",
        err=aside,
    )
    for name, path in outputs.items():
        click.echo(
            f"  {name} written to {path}" if path in written else f"  {name}: nothing to answer, not written", err=aside
        )
    for what, times in done.untold.items():
        click.echo(f"  left out of the answers: {what} ({times})", err=aside)
    return Exit.DONE


def _source(said: str | None) -> Source | None:
    """Who answers, as NAME:ID. Raises ClickException (2)."""
    if said is None:
        return None
    name, _, identifier = said.rpartition(":")
    if not name or not 2 <= len(identifier) <= 80:
        raise usage("--source: give the name and the number of who answers, as in 'Test Clearinghouse:12345'")
    return Source(name, identifier)


def _refuse(file: Path, outputs: dict[str, Path]) -> None:
    """No output takes the place of the input or of another. Raises ClickException (2)."""
    if not outputs:
        raise usage("say what to write: --ta1 OUT, --999 OUT or --277ca OUT")
    places = [path.resolve() for path in outputs.values()]
    if len(set(places)) < len(places):
        raise usage("two answers cannot be written to one file; give each its own")
    if str(file) != "-" and file.resolve() in places:
        raise usage(f"{file}: an answer cannot take the place of what it answers; choose another name")
