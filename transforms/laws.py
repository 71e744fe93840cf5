"""What no repair may change, checked on every claim that any pass repaired, whoever wrote the pass.

Films stay as many, of the same kind and on the same day and tooth; the parties and every other segment stay; money
stays, to the cent, unless the operator asked for the fee schedule. What fails here is withdrawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from bitewing.edi.claim import Claim
from bitewing.edi.codes import captured_as, procedures
from bitewing.edi.line import Line


def broken(before: Claim, after: Claim, *, repriced: bool = False, recounted: bool = False) -> list[str]:
    """The laws that a repaired claim breaks, as words; nothing where it keeps them all.

    repriced: the operator asked that recoded lines take the fee of their code. recounted: a signed record corrected
    a quantity.
    """
    return list(_broken(before, after, repriced, recounted))


def _broken(before: Claim, after: Claim, repriced: bool, recounted: bool) -> Iterator[str]:
    rest_kept = _rest(before) == _rest(after)
    old, new = _differing(before, after) if rest_kept else (before.lines, after.lines)
    if after.charge != after.total_of_lines:
        yield "the total is no longer the sum of the lines"
    if not repriced and (before.charge, before.total_of_lines) != (after.charge, after.total_of_lines):
        yield "the charge changed"
    if not recounted and _films(old) != _films(new):
        yield "the films of a date, tooth or kind are no longer as many"
    if len(after.lines) < len(before.lines):
        yield "a line is missing"
        return
    if not repriced and _charges(old) != _charges(new):
        yield "money moved from one line to another"
    if not _lines_kept(old, new, before.lines):
        yield "a line carries other segments than it did"
    if [line.number for line in new] != _numbers(old, new, len(before.lines)):
        yield "the lines are not numbered on"
    if not rest_kept:
        yield "something beside the lines changed"
    controls_kept = [line.control_number for line in old] == [line.control_number for line in new]
    if not controls_kept and _repeats(after) > _repeats(before):
        yield "two lines have one control number"


def _differing(before: Claim, after: Claim) -> tuple[Sequence[Line], Sequence[Line]]:
    """The lines of both that are to be compared: all but those that have their place and their very bytes in both.

    Complete where all beside the lines is the same: a line takes its date and providers from itself or from there, so
    what stands byte for byte in both weighs the same on both sides of every law.
    """
    alike = {
        index
        for index, (old, new) in enumerate(zip(before.lines, after.lines, strict=False))
        if old.loop.whole == new.loop.whole and old.received == new.received
    }
    # What is charged under one number is weighed together: a line that shares its number with another is not left out.
    shared = {line.received for index, line in enumerate(after.lines) if index not in alike}
    alike = {index for index in alike if after.lines[index].received not in shared}
    return (
        [line for index, line in enumerate(before.lines) if index not in alike],
        [line for index, line in enumerate(after.lines) if index not in alike],
    )


def _numbers(old: Sequence[Line], new: Sequence[Line], count: int) -> list[str]:
    """The numbers that lines should have: those they had, and further ones behind the last of the claim's ``count``."""
    return [line.number for line in old] + [str(count + at) for at in range(1, len(new) - len(old) + 1)]


def _charges(lines: Iterable[Line]) -> dict[int, Decimal]:
    """What is charged under each line number as received; a line that was split counts with its parts."""
    found: dict[int, Decimal] = {}
    for line in lines:
        found[line.received] = found.get(line.received, Decimal(0)) + (line.charge or Decimal(0))
    return found


def _lines_kept(old: Sequence[Line], new: Sequence[Line], all_before: Iterable[Line]) -> bool:
    """Whether lines differ in code, charge and quantity only, and new ones in their control number besides."""
    if [_held(line) for line in new[: len(old)]] != [_held(line) for line in old]:
        return False
    added = new[len(old) :]
    anew = [_held(line, anew=True) for line in all_before] if added else []
    return all(_held(line, anew=True) in anew for line in added)


def _held(line: Line, *, anew: bool = False) -> list[bytes]:
    """The segments of a line without what a repair may change."""
    separator = line.loop.delimiters.element
    held = []
    for segment in line.loop.walk():
        tag, elements = segment.tag, segment.elements
        if tag == "LX":
            continue
        if tag == "SV3":
            parts = [part.encode("latin-1") for part in segment.components(1)]
            procedure = separator.join(_shorn(parts[:1] + parts[2:]))
            held.append(separator.join([b"SV3", procedure, *_shorn(elements[3:6] + elements[7:])]))
        elif anew and tag == "REF" and segment.element(1) == "6R":
            continue
        else:
            held.append(segment.data)
    return held


def _shorn(parts: list[bytes]) -> list[bytes]:
    """Parts without the empty ones at their end, which say nothing."""
    while parts and not parts[-1]:
        parts = parts[:-1]
    return parts


def _repeats(claim: Claim) -> int:
    """How many lines carry a control number that another carries too."""
    controls = [line.control_number for line in claim.lines if line.control_number]
    return len(controls) - len(set(controls))


def _films(lines: Iterable[Line]) -> Counter[tuple[str, str, str, str]]:
    """How many units of each kind of image or service, by date, teeth and who rendered them."""
    count: Counter[tuple[str, str, str, str]] = Counter()
    for line in lines:
        teeth = ",".join(sorted(tooth.number + "".join(tooth.surfaces) for tooth in line.teeth)) + "".join(line.areas)
        provider = line.rendering_provider
        where = (_kind(line), str(line.service_date), teeth, provider.id if provider else "")
        count[where] += int(line.quantity * 1_000_000)
    return count


def _kind(line: Line) -> str:
    """What image or service a line is for, whichever of its codes was chosen: the capture-only one stands for all."""
    known = procedures().get(line.code)
    return captured_as(line.code) or (line.code if known is None or known.kind != "capture" else known.code)


def _rest(claim: Claim) -> list[bytes]:
    """Every segment that is not in a line, without the total."""
    separator = claim.delimiters.element
    found = []
    for piece in claim.loop.pieces:
        elements = piece.split(separator)
        found.append(separator.join(elements[:2] + elements[3:]) if elements[0] == b"CLM" else piece)
    for child in claim.loop.children:
        if child.rule.id != "2400":
            found += child.whole
    return [piece for piece in found if piece]
