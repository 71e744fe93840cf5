"""Every check over a file, transaction by transaction: the fast yes or no first, explanations of what it refuses.

A file is walked once, one block in memory; transactions are read again by place, so that several processes can share
them. What is said does not depend on blocks, processes or on whether the fast way was taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

from bitewing.edi.conformance.by_guide import Part, explained
from bitewing.edi.conformance.checks import transaction_faults
from bitewing.edi.conformance.envelope import Envelope
from bitewing.edi.conformance.external import NO_LISTS, CodeLists
from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.conformance.plain import Plain
from bitewing.edi.conformance.quick import Following, quick
from bitewing.edi.conformance.spans import Held, Section, Span, Spans, sections
from bitewing.edi.document import Document, segments_of
from bitewing.edi.framing import Block, Filler
from bitewing.edi.loops import Segment
from bitewing.edi.source import FileSource, Source

Progress = Callable[[int, int], None]
_MOST_WAITING = 32
"""Transactions that are checked ahead of what is handed out."""
_SUMS = 3
"""The SNIP type of sums."""


class Checked(NamedTuple):
    """What is wrong with one transaction (span), or with what lies between two (None)."""

    span: Span | None
    claims: int
    faults: tuple[Fault, ...]


def validate(
    document: Document,
    *,
    lists: CodeLists = NO_LISTS,
    thorough: bool = False,
    pool: Executor | None = None,
    path: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Checked]:
    """Everything that is wrong with a file, in its order. Raises NotReadable.

    thorough: pyx12 and every check look at every transaction, also where the fast check says yes. pool: where to check
    transactions of the file at ``path``, several at once.
    """
    source = document.source
    envelope, spans, held = Envelope(), Spans(), Held()
    waiting: deque[tuple[Span, Callable[[], tuple[int, list[Fault]]]]] = deque()
    loose: list[Fault] = []
    before: list[Filler] = []  # whether the file has an interchange at all is known with the first block
    for frame in document.frames():
        if not isinstance(frame, Block):
            before.append(frame)
            continue
        for filler in before:
            loose += envelope.filler(filler)
        before = []
        loose += envelope.block(frame)
        held.add(frame)
        for span in spans.block(frame):
            waiting.append((span, _begun(source, span, lists, thorough, pool, path, held)))
            while len(waiting) > (_MOST_WAITING if pool is not None else 0):
                yield from _finished(*waiting.popleft(), loose)
        held.let_go(spans.begun)
        if progress is not None:
            progress(frame.base + len(frame.data), source.size)
    for filler in before:
        loose += envelope.filler(filler)
    while waiting:
        yield from _finished(*waiting.popleft(), loose)
    if loose:
        yield Checked(None, 0, tuple(sorted(loose, key=_place)))


def _begun(
    source: Source,
    span: Span,
    lists: CodeLists,
    thorough: bool,
    pool: Executor | None,
    path: Path | None,
    held: Held,
) -> Callable[[], tuple[int, list[Fault]]]:
    """Begin to check a transaction, here or elsewhere; what is to be called for the outcome."""
    if pool is not None and path is not None:
        return pool.submit(_elsewhere, path, span, lists, thorough).result
    return lambda: _check(source, span, lists, thorough, held.sections(span))


def _elsewhere(path: Path, span: Span, lists: CodeLists, thorough: bool) -> tuple[int, list[Fault]]:
    source = FileSource(path)
    try:
        return _check(source, span, lists, thorough)
    finally:
        source.close()


def _finished(span: Span, outcome: Callable[[], tuple[int, list[Fault]]], loose: list[Fault]) -> Iterator[Checked]:
    """What lies before a transaction, then the transaction with what the envelope has against it."""
    claims, found = outcome()
    earlier = [fault for fault in loose if fault.where.offset < span.start]
    own = [fault for fault in loose if span.start <= fault.where.offset < span.stop or _unclosed(fault, span)]
    loose[:] = [fault for fault in loose if fault.where.offset >= span.stop and not _unclosed(fault, span)]
    if earlier:
        yield Checked(None, 0, tuple(sorted(earlier, key=_place)))
    yield Checked(span, claims, tuple(sorted(found + own, key=_place)))


def _unclosed(fault: Fault, span: Span) -> bool:
    """Whether a fault says that this transaction has no SE: it is noticed behind it, where the next may begin."""
    return fault.scope is Scope.TRANSACTION and fault.where.segment == "SE" and fault.where.offset == span.stop


def _check(
    source: Source, span: Span, lists: CodeLists, thorough: bool, at_hand: Iterator[Section] | None = None
) -> tuple[int, list[Fault]]:
    """The claims (or payments) of a transaction, and what is wrong within it. at_hand: its sections, if in memory."""
    claims, parts = _parts(source, span, lists, thorough, at_hand)
    if parts is None:
        return claims, []
    found = list(explained(parts(), span.delimiters, span.version))
    known = {_answer(fault) for fault in found}
    wrong = {_element(fault) for fault in found if fault.scope is Scope.ELEMENT}
    wrong |= {(offset, element, -1) for offset, element, _ in wrong}
    found += (
        fault
        for fault in transaction_faults(_segments(source, span), span.group, lists)
        if _answer(fault) not in known and not _follows(fault, wrong)
    )
    return claims, found


def _parts(
    source: Source, span: Span, lists: CodeLists, thorough: bool, at_hand: Iterator[Section] | None
) -> tuple[int, Callable[[], Iterator[Part]] | None]:
    """How many claims there are, and the parts to be explained; None where there is nothing to say."""
    verdicts = bytearray()
    claims = 0
    judge = _Fast(span) if span.dental and not thorough else None
    for section in sections(source, span) if at_hand is None else at_hand:
        claims += section.tag in (b"CLM", b"CLP")
        verdicts.append(judge is not None and judge.right(section))
    if judge is not None and judge.plain and not lists:
        return claims, None
    if judge is not None and judge.crowded:
        verdicts = bytearray(len(verdicts))

    def parts() -> Iterator[Part]:
        for section, right in zip(sections(source, span), verdicts, strict=True):
            level = _level(section, span) if section.tag == b"HL" else b""
            yield Part(section.data, section.offset, bool(right), level)

    return claims, parts


class _Fast:
    """The fast checks over the sections of a dental transaction: plain or not, and then whether it keeps to the guide.

    Of a crowded one the claims have to be counted, and so all of it explained.
    """

    def __init__(self, span: Span) -> None:
        self._delimiters = span.delimiters
        self._plain = Plain(span.group, span.delimiters)
        self._following: Following | None = None

    def right(self, section: Section) -> bool:
        """Whether a section keeps to the guide and stands where it may."""
        if self._following is None:
            if self._plain.section(section.data):
                return True
            self._following = Following(quick(self._delimiters), self._plain.before, self._plain.claims)
        return self._following.section(section.data)

    @property
    def crowded(self) -> bool:
        """Whether more claims stand under one HL than the guide allows."""
        return self._following is not None and self._following.crowded

    @property
    def plain(self) -> bool:
        """Whether all of it is as the checks beside the guide want it."""
        return self._plain.ended


def _level(section: Section, span: Span) -> bytes:
    """HL03."""
    elements = section.data[:64].split(span.delimiters.segment)[0].split(span.delimiters.element)
    return elements[3] if len(elements) > 3 else b""


def _segments(source: Source, span: Span) -> Iterator[Segment]:
    for section in sections(source, span):
        yield from segments_of(section.data, section.offset, span.delimiters)


def _answer(fault: Fault) -> tuple[object, ...]:
    """What two checks must not both say: the same code of the same element."""
    where = fault.where
    return where.offset, where.segment, where.element, where.component, fault.code


def _follows(fault: Fault, wrong: set[tuple[int, int, int]]) -> bool:
    """Whether a fault of an element's value only follows from what the guide has against that element: a number that is
    too long is no provider's number either. Sums are another matter."""
    if fault.scope is not Scope.ELEMENT or fault.snip == _SUMS:
        return False
    offset, element, component = _element(fault)
    return bool(wrong & {(offset, element, component or -1), (offset, element, 0)})


def _element(fault: Fault) -> tuple[int, int, int]:
    where = fault.where
    return where.offset, where.element, where.component


def _place(fault: Fault) -> tuple[int, int, int, int, str]:
    where = fault.where
    return where.offset, where.position, where.element, where.component, fault.rule
