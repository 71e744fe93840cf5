"""HL and LX: numbers in order, parents named truly, children announced truly, patients where SBR02 says they are."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.conformance.fault import Fault, Scope
from bitewing.edi.conformance.rule import Rule
from bitewing.edi.conformance.sections import Part, Placed

NUMBER = Rule(
    "hl-number-out-of-order",
    1,
    Scope.ELEMENT,
    "7",
    "HL01 does not follow the HL01 before it: it should be {count}",
    "number the HL of a transaction 1, 2, 3 ...",
)
PARENT = Rule(
    "hl-parent-untrue",
    1,
    Scope.ELEMENT,
    "7",
    "HL02 does not name the {level} that stands before it",
    "set HL02 to the HL01 of that {level}",
)
CHILDREN = Rule(
    "hl-children-untrue",
    1,
    Scope.ELEMENT,
    "7",
    "HL04 says that levels {said} below this one, and {found}",
    "set HL04 to 1 where a level follows below, to 0 where none does",
)
NO_CLAIM = Rule(
    "subscriber-without-claim",
    4,
    Scope.SEGMENT,
    "I6",
    "neither a claim nor a patient stands below this subscriber",
    "add the claim, or take the subscriber out",
)
SELF_WITH_PATIENT = Rule(
    "self-with-patient-below",
    4,
    Scope.ELEMENT,
    "I13",
    "SBR02 says that the subscriber is the patient, and a patient of another level stands below",
    "leave SBR02 out where the claim stands under the patient",
)
NOT_SELF = Rule(
    "subscriber-claim-without-self",
    4,
    Scope.ELEMENT,
    "I9",
    "the claim stands under the subscriber, and SBR02 does not say that the subscriber is the patient",
    "send 18 in SBR02, or put the claim under the patient",
)
LINE_NUMBER = Rule(
    "line-number-out-of-order",
    2,
    Scope.ELEMENT,
    "7",
    "LX01 does not follow the LX01 before it: it should be {count}",
    "number the lines of a claim 1, 2, 3 ...",
)

_PARENTS = {"2000B": ("2000A", "billing provider's HL"), "2000C": ("2000B", "subscriber's HL")}
_BELOW = {"2000A": "2000B", "2000B": "2000C"}


class Levels:
    """Follows the sections of one dental transaction; keeps the HL in force of each level and nothing more."""

    def __init__(self) -> None:
        self._found = 0
        self._number = 0
        self._open: dict[str, Part] = {}
        self._children: set[str] = set()
        self._subscriber_claims = 0

    def level(self, level: Part) -> Iterator[Fault]:
        """The next HL."""
        hl = level.segments[0]
        for name in ("2000C", "2000B", "2000A"):
            if name == level.id or _ranks_below(name, level.id):
                yield from self._close(name)
        yield from self._numbered(hl)
        if level.id in _PARENTS:
            above, called = _PARENTS[level.id]
            parent = self._open.get(above)
            if hl.element(2) and (parent is None or parent.segments[0].element(1) != hl.element(2)):
                yield hl.fault(PARENT, 2, facts={"level": called})
            self._children.add(above)
        self._open[level.id] = level
        if level.id == "2000B":
            self._subscriber_claims = 0

    def claim(self, claim: Part) -> Iterator[Fault]:
        """The next claim, in the HL that is in force."""
        if "2000C" not in self._open and (subscriber := self._open.get("2000B")) is not None:
            self._subscriber_claims += 1
            sbr = subscriber.first(b"SBR")
            if self._subscriber_claims == 1 and sbr is not None and not sbr.element(2):
                yield sbr.fault(NOT_SELF, 2)
        yield from line_numbers(claim)

    def end(self) -> Iterator[Fault]:
        """The transaction ends."""
        for name in ("2000C", "2000B", "2000A"):
            yield from self._close(name)

    def _numbered(self, hl: Placed) -> Iterator[Fault]:
        """Said once where a number is left out or comes twice, not again at every HL behind it."""
        self._found += 1
        number = counted(hl.element(1))
        if hl.element(1) and number not in (self._number + 1, self._found):
            yield hl.fault(NUMBER, 1, facts={"count": self._number + 1})
        self._number = number if number > 0 else self._number + 1

    def _close(self, name: str) -> Iterator[Fault]:
        """No more of this level follows: what HL04 and SBR02 said of it can be judged."""
        level = self._open.pop(name, None)
        if level is None:
            return
        hl = level.segments[0]
        below = name in self._children
        self._children.discard(name)
        if hl.element(4) == ("0" if below else "1") and name in _BELOW:
            said = ("stand", "none does") if not below else ("do not stand", "one does")
            yield hl.fault(CHILDREN, 4, facts={"said": said[0], "found": said[1]})
        if name != "2000B":
            return
        sbr = level.first(b"SBR")
        if sbr is not None and below and sbr.element(2) == "18":
            # A subscriber with a claim of his own may have dependants below; that reading is not refused.
            yield sbr.fault(SELF_WITH_PATIENT, 2, rejects=not self._subscriber_claims)
        if not below and not self._subscriber_claims and hl.element(4) != "1":
            yield hl.missing(NO_CLAIM, "CLM", "2300")


def line_numbers(claim: Part) -> Iterator[Fault]:
    """LX01 of the lines of a claim."""
    before = 0
    for found, line in enumerate(claim.parts("2400"), start=1):
        lx = line.segments[0]
        number = counted(lx.element(1))
        if lx.element(1) and number not in (before + 1, found):
            yield lx.fault(LINE_NUMBER, 1, facts={"count": before + 1})
        before = number if number > 0 else before + 1


def counted(text: str) -> int:
    """A number of type N0 without leading zeros, or -1."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and text[0] != "0" else -1


def _ranks_below(name: str, other: str) -> bool:
    """Whether a level of this name ends where one of the other begins; an HL of no known level ends none."""
    return bool(other) and name > other
