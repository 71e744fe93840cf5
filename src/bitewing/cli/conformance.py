"""``bitewing validate`` and ``bitewing ack``: whether files keep to their guide, and the answers to a file."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import IO

import click

from bitewing.cli.options import FILE, paths, usage
from bitewing.conformance import Validated, validate_files, verdicts
from bitewing.console import many, printable
from bitewing.edi.acks.envelope import LAST_CONTROL, Envelope, Source
from bitewing.edi.conformance.external import NAMES, CodeListError, CodeLists, load_code_lists
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.document import Document
from bitewing.edi.errors import EdiError, OutputError
from bitewing.edi.framing import Block
from bitewing.exits import Exit, worse
from bitewing.fault_writers import JsonFaults, SarifFaults, TextFaults
from bitewing.inputs import opened
from bitewing.progress import progress_for

LINE_ENDS = {"none": b"", "lf": b"\n", "crlf": b"\r\n"}
_MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_LISTS = click.option(
    "--code-list", "lists", multiple=True, metavar="NAME=FILE", help=f"Codes that are valid: {', '.join(NAMES)}."
)
_THOROUGH = click.option("--thorough", is_flag=True, help="Every check on everything, the fast ones aside.")


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "format_", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@_LISTS
@_THOROUGH
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Transactions at once.")
@click.option("--quiet", is_flag=True, help="No progress.")
def validate_command(
    files: tuple[str, ...], format_: str, lists: tuple[str, ...], thorough: bool, jobs: int, quiet: bool
) -> int:
    """Say whether files keep to their guide: 837D, 835, 999 and 277CA, each fault with its SNIP type.

    FILE is a file, a folder, a pattern, or - for standard input.
    """
    known = _lists(lists)
    stream: IO[str] = sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    writer: TextFaults | JsonFaults | SarifFaults = SarifFaults()
    if format_ != "sarif":
        writer = JsonFaults(stream) if format_ == "json" else TextFaults(stream)
    progress = progress_for(quiet=quiet)
    outcomes = validate_files(paths(files), writer, known, thorough=thorough, jobs=jobs, progress=progress)
    if isinstance(writer, SarifFaults):
        writer.close(stream)
    stream.flush()
    worst = Exit.DONE
    for outcome in outcomes:
        worst = worse(worst, outcome.exit)
        _say_error(outcome)
    return worst


def _say_error(outcome: Validated) -> None:
    error = outcome.error
    if isinstance(error, EdiError):
        click.echo("bitewing: " + printable(f"{outcome.name}: {error}"), err=True)
    elif error is not None:
        reason = error.strerror or type(error).__name__
        said = f"{outcome.name}: it cannot be used: {reason}; check the name and its permissions"
        click.echo("bitewing: " + printable(said), err=True)


def _lists(given: tuple[str, ...]) -> CodeLists:
    """The code lists that were handed in. Raises ClickException (2)."""
    try:
        return load_code_lists(list(given))
    except CodeListError as error:
        raise usage(f"--code-list: {error}") from None
    except OSError as error:
        raise usage(f"--code-list: {error.filename}: it cannot be read: {error.strerror}; check the name") from None


@click.command("ack")
@click.argument("file", type=FILE)
@click.option("--ta1", type=FILE, metavar="OUT", help="Write the TA1: was the interchange accepted.")
@click.option("--999", "implementation", type=FILE, metavar="OUT", help="Write the 999: what is wrong where.")
@click.option("--277ca", "claims", type=FILE, metavar="OUT", help="Write the 277CA: which claims are accepted.")
@click.option("--at", type=click.DateTime(_MOMENTS), metavar="TIME", help="The clock; the file's own time if absent.")
@click.option(
    "--control", type=click.IntRange(1, LAST_CONTROL), default=1, show_default=True, help="ISA13 of the first answer."
)
@click.option("--source", metavar="NAME:ID", help="Who answers; else the receiver that the file names.")
@click.option("--strict", is_flag=True, help="A fault in one claim rejects its whole transaction.")
@click.option("--line-end", type=click.Choice([*LINE_ENDS]), default="none", show_default=True)
@_LISTS
@_THOROUGH
def ack_command(
    file: Path,
    ta1: Path | None,
    implementation: Path | None,
    claims: Path | None,
    at: datetime | None,
    control: int,
    source: str | None,
    strict: bool,
    line_end: str,
    lists: tuple[str, ...],
    thorough: bool,
) -> int:
    """Answer a file: TA1, 999 and 277CA, each written whole or not at all."""
    wanted = {"ta1": ta1, "999": implementation, "277ca": claims}
    outputs = {name: path for name, path in wanted.items() if path is not None}
    _refuse(file, outputs)
    known, answering = _lists(lists), _source(source)

    try:
        document = opened(file)
    except OSError as error:
        raise usage(f"{file}: it cannot be read: {error.strerror}; check the name") from None
    try:
        envelope = Envelope(at or _own_time(document, file), control, LINE_ENDS[line_end], answering)
        return _answer(document, file, outputs, envelope, known, strict=strict, thorough=thorough)
    except EdiError as error:
        click.echo(f"bitewing: {printable(f'{file}: {error}')}", err=True)
        return Exit.UNREADABLE
    except OutputError as error:
        click.echo(f"bitewing: {error}", err=True)
        return Exit.TEMPORARY if error.retry else Exit.USAGE
    finally:
        document.close()


def _answer(
    document: Document,
    file: Path,
    outputs: dict[str, Path],
    envelope: Envelope,
    lists: CodeLists,
    *,
    strict: bool,
    thorough: bool,
) -> Exit:
    from bitewing.acknowledge import acknowledge

    unchecked: list[Fault] = []
    found = verdicts(document, lists, thorough=thorough, unchecked=unchecked)
    done, written = acknowledge(document, found, envelope, outputs, strict=strict)
    # What is said goes beside an answer that goes to standard output.
    aside = Path("-") in outputs.values()
    name = "<stdin>" if str(file) == "-" else str(file)
    click.echo(
        f"{name}: {many(done.claims, 'claim')}, {done.claims_rejected} rejected;"
        f" {many(done.transactions, 'transaction')},"
        f" {done.transactions_rejected} rejected; next control number {done.next_control}",
        err=aside,
    )
    for answered, path in outputs.items():
        place = "standard output" if str(path) == "-" else path
        said = f" written to {place}" if path in written else ": nothing to answer, not written"
        click.echo(f"  {answered}{said}", err=aside)
    if unchecked:
        said = many(len(unchecked), "transaction")
        click.echo(f"  not checked, there is no guide for them here: {said}; only their envelope was", err=aside)
    for what, times in done.untold.items():
        click.echo(f"  left out of the answers: {what} ({times})", err=aside)
    return Exit.DONE


def _own_time(document: Document, file: Path) -> datetime:
    """ISA09 and ISA10 of the first interchange: without a clock of the operator's, the same file has the same answer.

    Raises ClickException (2) where they are no time, NotReadable.
    """
    block = next(frame for frame in document.frames() if isinstance(frame, Block))
    said = block.data[70:81].decode("latin-1").replace(block.delimiters.element.decode("latin-1"), "")
    try:
        return datetime.strptime(f"20{said}", "%Y%m%d%H%M")
    except ValueError:
        raise usage(f"{file}: ISA09 and ISA10 are no time to answer at; give one with --at") from None


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
