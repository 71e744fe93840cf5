"""Validating files: every fault with its place and answer, and a verdict on each file, without a command line.

Nothing raises for what a file holds: every file ends with an outcome, an exit code and its lines of output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bitewing.edi.acks.verdicts import Gathered
from bitewing.edi.conformance.external import CodeLists
from bitewing.edi.conformance.fault import Fault
from bitewing.edi.conformance.spans import Span
from bitewing.edi.conformance.validate import validate
from bitewing.edi.document import Document
from bitewing.edi.errors import EdiError
from bitewing.exits import Exit
from bitewing.inputs import opened
from bitewing.transforms.run import Progress


class Verdict(StrEnum):
    """What a file is: valid where nothing in it is refused."""

    VALID = "valid"
    INVALID = "invalid"
    UNREADABLE = "unreadable"


@dataclass(slots=True)
class Validated:
    """How a file ended. refusing and telling count faults; by_snip those that refuse, by SNIP type."""

    name: str
    exit: Exit = Exit.DONE
    verdict: Verdict = Verdict.VALID
    transactions: int = 0
    claims: int = 0
    refusing: int = 0
    telling: int = 0
    by_snip: Counter[int] = field(default_factory=Counter)
    error: EdiError | OSError | None = None


class Writer(Protocol):
    """What puts faults and outcomes before somebody. span: the transaction a fault lies in, None outside of any."""

    def fault(self, name: str, fault: Fault, span: Span | None) -> None: ...

    def outcome(self, outcome: Validated) -> None: ...


def validate_files(
    files: Iterable[Path],
    writer: Writer,
    lists: CodeLists,
    *,
    thorough: bool = False,
    jobs: int = 1,
    progress: Callable[[str], Progress | None] = lambda _: None,
) -> list[Validated]:
    """Every file in order, the transactions of each in as many processes as asked for."""
    if jobs == 1:
        return [_one(path, writer, lists, thorough, None, progress(str(path))) for path in files]
    from concurrent.futures import ProcessPoolExecutor  # most runs need no second process

    with ProcessPoolExecutor(jobs) as pool:
        return [_one(path, writer, lists, thorough, pool, progress(str(path))) for path in files]


def _one(
    path: Path,
    writer: Writer,
    lists: CodeLists,
    thorough: bool,
    pool: Executor | None,
    progress: Progress | None,
) -> Validated:
    streamed = str(path) == "-"
    name = "<stdin>" if streamed else str(path)
    try:
        document = opened(path, name)
    except OSError as error:
        outcome = Validated(name, Exit.USAGE, Verdict.UNREADABLE, error=error)
        writer.outcome(outcome)
        return outcome
    place = None if streamed else path
    return validated(document, name, writer, lists, thorough=thorough, pool=pool, place=place, progress=progress)


def validated(
    document: Document,
    name: str,
    writer: Writer,
    lists: CodeLists,
    *,
    thorough: bool = False,
    pool: Executor | None = None,
    place: Path | None = None,
    progress: Progress | None = None,
) -> Validated:
    """One document, which is closed afterwards. place: where its bytes are, for other processes."""
    outcome = Validated(name)
    try:
        for checked in validate(document, lists=lists, thorough=thorough, pool=pool, path=place, progress=progress):
            outcome.transactions += checked.span is not None
            outcome.claims += checked.claims
            for fault in checked.faults:
                _count(outcome, fault)
                writer.fault(outcome.name, fault, checked.span)
    except EdiError as error:
        outcome.exit, outcome.verdict, outcome.error = Exit.UNREADABLE, Verdict.UNREADABLE, error
    finally:
        document.close()
    writer.outcome(outcome)
    return outcome


def _count(outcome: Validated, fault: Fault) -> None:
    if not fault.rejects:
        outcome.telling += 1
        return
    outcome.refusing += 1
    outcome.by_snip[fault.snip] += 1
    outcome.verdict, outcome.exit = Verdict.INVALID, Exit.FINDINGS


def verdicts(
    document: Document, lists: CodeLists, *, thorough: bool = False, unchecked: list[Fault] | None = None
) -> Gathered:
    """What the acknowledgements of a document ask for: what is refused. What is only told stays between us and those
    who read ``validate``. unchecked: takes one fault for each transaction that no guide was held against. Raises
    NotReadable."""
    return Gathered(document, _refusing(document, lists, thorough, unchecked if unchecked is not None else []))


def _refusing(document: Document, lists: CodeLists, thorough: bool, unchecked: list[Fault]) -> Iterator[Fault]:
    for checked in validate(document, lists=lists, thorough=thorough):
        yield from (fault for fault in checked.faults if fault.rejects)
        unchecked += (fault for fault in checked.faults if fault.rule == "transaction-not-checked")
