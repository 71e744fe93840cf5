"""One file through the passes, and many files in order: what check and repair do, without a command line.

Nothing raises for what a file holds: every file ends with an outcome, an exit code and its lines of output.
"""

from __future__ import annotations

import contextlib
import errno
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from bitewing.config import Config
from bitewing.edi.errors import EdiError, NotKept, OutputError
from bitewing.edi.finding import Action, Finding, Place
from bitewing.edi.output import write_whole
from bitewing.exits import Exit, worse
from bitewing.inputs import opened
from bitewing.plugins import passes
from bitewing.transforms.catalog import chosen
from bitewing.transforms.facts import Facts
from bitewing.transforms.model import Pass
from bitewing.transforms.run import Progress, Run, Summary, repaired

NEVER = "never"
MOST_AT_HAND = 1000
"""Findings that wait in memory for the output to be written; more wait on disk."""


class Plan(NamedTuple):
    """What to do with every file.

    write: whether repair was asked for (check never writes); apply: whether edits are made or only listed. fail_on: the
    least action that makes the exit code 1, "never" for none.
    """

    config: Config
    facts: Facts
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = NEVER
    write: bool = False
    apply: bool = False

    def passes(self) -> list[Pass]:
        """The passes to run. Raises UnknownPass, PluginError."""
        return chosen(passes(self.config.allow), self.select or self.config.select, (*self.ignore, *self.config.ignore))


@dataclass(slots=True, eq=False, repr=False)
class Outcome:
    """How a file ended: its exit code, its counts, whether and where something was written."""

    name: str
    exit: Exit = Exit.DONE
    summary: Summary = field(default_factory=Summary)
    errors: list[EdiError | OutputError | OSError] = field(default_factory=list)
    written: Path | None = None
    applied: bool = False
    bytes_in: int = 0
    bytes_out: int = 0


class Writer(Protocol):
    """What puts findings and outcomes before somebody: as text, as records."""

    def finding(self, name: str, finding: Finding, applied: bool) -> None: ...

    def outcome(self, outcome: Outcome) -> None: ...


def process(
    path: Path, output: Path | None, plan: Plan, run_passes: Sequence[Pass], writer: Writer, progress: Progress | None
) -> Outcome:
    """One file: check it, or repair it into output. Everything that goes wrong is in the outcome."""
    outcome = Outcome("<stdin>" if str(path) == "-" else str(path))
    try:
        document = opened(path, outcome.name)
    except OSError as error:
        outcome.exit, outcome.errors = Exit.USAGE, [error]
        writer.outcome(outcome)
        return outcome
    try:
        outcome.bytes_in = outcome.bytes_out = document.source.size
        run = Run(document, run_passes, plan.facts, progress)
        outcome.summary = run.summary
        if plan.write:
            _repair(run, output, plan, writer, outcome)
        else:
            _check(run, plan, writer, outcome)
    except EdiError as error:
        outcome.exit, outcome.errors = Exit.UNREADABLE, [error]
    except OutputError as error:
        outcome.exit, outcome.errors = (Exit.TEMPORARY if error.retry else Exit.USAGE), [error]
    except BrokenPipeError:
        raise  # the reader of what is said went away; that is nothing about this file
    except OSError as error:
        retry = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
        outcome.exit, outcome.errors = (Exit.TEMPORARY if retry else Exit.USAGE), [error]
    finally:
        document.close()
    writer.outcome(outcome)
    return outcome


def _check(run: Run, plan: Plan, writer: Writer, outcome: Outcome) -> None:
    worst = -1
    for finding in run.findings():
        worst = max(worst, finding.action.weight)
        writer.finding(outcome.name, finding, False)
    _settle(run, worst, plan, outcome)


def _settle(run: Run, worst: int, plan: Plan, outcome: Outcome) -> None:
    if run.summary.faults:
        outcome.exit, outcome.errors = Exit.UNREADABLE, list(run.summary.faults)
    elif plan.fail_on != NEVER and worst >= Action(plan.fail_on).weight:
        outcome.exit = Exit.FINDINGS


def _repair(run: Run, output: Path | None, plan: Plan, writer: Writer, outcome: Outcome) -> None:
    """Nothing is said before the output is in its place: a finding never claims a repair that was not kept."""
    with _Kept() as kept:
        worst = -1
        for finding in run.findings():
            worst = max(worst, finding.action.weight)
            kept.add(finding)
        _settle(run, worst, plan, outcome)
        if run.summary.faults:
            return
        if output is not None:
            _write(run, output, plan, outcome)
            if outcome.exit is Exit.INTERNAL:
                message = "The repaired copy did not hold when it was read again: the file is as it was. Report it."
                kept.add(Finding("X904", "repair-not-kept", Action.FLAG, message, Place()))
        for finding in kept:
            writer.finding(outcome.name, finding, outcome.applied and bool(finding.edits))


def _write(run: Run, output: Path, plan: Plan, outcome: Outcome) -> None:
    """The repaired file, or, where repairs are only proposed, the file as it was."""
    make = plan.apply and bool(run.summary.changes)
    if str(output) == "-":
        import shutil
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            spooled = Path(folder) / "out"
            outcome.bytes_out = _written(run, spooled, make=make)
            with spooled.open("rb") as stream:
                shutil.copyfileobj(stream, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    elif make or not _same(output, outcome.name):
        try:
            outcome.bytes_out = _written(run, output, make=make)
        except NotKept as error:
            outcome.exit, outcome.errors = Exit.INTERNAL, [error]
            outcome.bytes_out = _written(run, output, make=False)
            outcome.written = output
            return
    outcome.written = output
    outcome.applied = plan.apply


def _written(run: Run, path: Path, *, make: bool) -> int:
    """Write the file, and read it again before it takes its place."""
    from bitewing.transforms.recheck import check_repair  # where nothing is written nothing is read again

    return write_whole(path, repaired(run, make=make), lambda copy: check_repair(run, copy, made=make))


def _same(one: Path, other: str) -> bool:
    return one.exists() and Path(other).exists() and one.samefile(other)


class _Kept:
    """Findings kept aside until the output is written, on disk where they are many."""

    def __enter__(self) -> _Kept:
        import tempfile  # like pickle below: for a repair only

        self._spool = tempfile.SpooledTemporaryFile(max_size=4 << 20)
        self._spooled = 0
        self._latest: list[Finding] = []
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, finding: Finding) -> None:
        self._latest.append(finding._replace(fix=None))
        if len(self._latest) >= MOST_AT_HAND:
            import pickle

            # Many at once: what they share, such as names, is written once.
            pickle.dump(self._latest, self._spool, pickle.HIGHEST_PROTOCOL)
            self._spooled += 1
            self._latest = []

    def __iter__(self) -> Iterator[Finding]:
        import pickle

        self._spool.seek(0)
        for _ in range(self._spooled):
            yield from pickle.load(self._spool)
        yield from self._latest


def run_files(
    files: Sequence[tuple[Path, Path | None]],
    plan: Plan,
    make_writer: Callable[[IO[str]], Writer],
    stream: IO[str],
    *,
    jobs: int = 1,
    progress: Callable[[str], Progress | None] = lambda _: None,
) -> tuple[Exit, list[Outcome]]:
    """Every file in order, in as many processes as asked for. The worst outcome, and all of them."""
    if jobs > 1 and len(files) > 1:
        outcomes = _in_processes(files, plan, make_writer, stream, jobs)
    else:
        chosen_passes = plan.passes()
        writer = make_writer(stream)
        outcomes = (process(path, output, plan, chosen_passes, writer, progress(str(path))) for path, output in files)
    worst, done = Exit.DONE, []
    for outcome in outcomes:
        worst = worse(worst, outcome.exit)
        done.append(outcome)
    return worst, done


def _in_processes(
    files: Sequence[tuple[Path, Path | None]],
    plan: Plan,
    make_writer: Callable[[IO[str]], Writer],
    stream: IO[str],
    jobs: int,
) -> Iterable[Outcome]:
    import shutil
    import tempfile
    from concurrent.futures import ProcessPoolExecutor  # most runs need no second process

    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(min(jobs, len(files))) as pool:
        waiting = [
            pool.submit(_worker, path, output, plan, make_writer, Path(folder) / str(at))
            for at, (path, output) in enumerate(files)
        ]
        for at, future in enumerate(waiting):
            outcome = future.result()
            said = Path(folder) / str(at)
            with said.open(encoding="utf-8", errors="surrogateescape") as lines:
                shutil.copyfileobj(lines, stream)
            with contextlib.suppress(OSError):
                said.unlink()
            yield outcome


def _worker(
    path: Path, output: Path | None, plan: Plan, make_writer: Callable[[IO[str]], Writer], said: Path
) -> Outcome:
    with said.open("w", encoding="utf-8", errors="surrogateescape") as stream:
        outcome = process(path, output, plan, plan.passes(), make_writer(stream), None)
    outcome.summary.edits, outcome.summary.counts = [], []
    return outcome
