"""HL and LX: numbers in order, parents named truly, children announced truly, patients where SBR02 says they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from bitewing.edi.conformance.context import span_of
from bitewing.edi.conformance.fault import Fault, Scope, Where
from bitewing.edi.conformance.rule import TELLS, Rule, data_element
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
    "HL02 does not name a {level} that stands before it",
    "set HL02 to the HL01 of its {level}",
)
PARENT_NOT_NEAREST = Rule(
    "hl-parent-not-nearest",
    1,
    Scope.ELEMENT,
    "",
    "HL02 names a {level} further up than the last one: readers that go by order take the last one",
    "put it behind its {level}",
    TELLS,
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


class Levels:
    """Follows the sections of one dental transaction: each HL has its parent by HL02, as the claim views see it.

    Of every HL the few facts are kept that a later one or a claim may ask for, not its segments.
    """

    def __init__(self) -> None:
        self._found = 0
        self._number = 0
        self._known: dict[str, Level] = {}
        self._last: dict[str, str] = {}
        self._childless: dict[str, Level] = {}
        self._meant: dict[str, str] = {}
        """HL01 as it should be, to what was sent, where that has not the shape of a number."""
        self._unclear: set[str] = set()
        """HL01 of those whose HL03 is none of the guide."""
        self._claims = 0
        self.here: Level | None = None

    def level(self, section: Part) -> Iterator[Fault]:
        """The next HL."""
        yield from self._no_claim()
        hl = section.segments[0]
        yield from self._numbered(hl)
        identifier = hl.element(1)
        if counted(identifier) < 0:
            self._meant.setdefault(str(self._number), identifier)
        if section.id in _PARENTS:
            yield from self._under(hl, section.id)
        level = Level.of(section, self._parent(hl, section.id))
        if not section.id:  # the guide has something against HL03: what it should be is not known
            self._unclear.add(identifier)
            self._childless.pop(self._above(hl), None)
        elif section.id != "2000C":
            self._known[identifier] = level
            if level.children == "1":
                self._childless[identifier] = level
        self._last[section.id] = identifier
        self.here, self._claims = level, 0

    def claim(self, claim: Part) -> Iterator[Fault]:
        """The next claim, in the HL before it."""
        self._claims += 1
        here = self.here
        if here is not None and here.id == "2000B" and self._claims == 1 and here.sbr is not None and not here.relation:
            yield NOT_SELF.at(here.sbr)
        yield from line_numbers(claim)

    def end(self) -> Iterator[Fault]:
        """The transaction ends: whom HL04 promised a child has one, or it has none."""
        yield from self._no_claim()
        for level in self._childless.values():
            yield CHILDREN.at(level.place(4), b"1", facts={"said": "stand", "found": "none does"})

    @property
    def subscriber(self) -> Level | None:
        """That of the claim: the HL before it, or that HL's parent."""
        here = self.here
        return here if here is None or here.id == "2000B" else self._known.get(here.parent)

    @property
    def billing(self) -> Level | None:
        """That of the claim."""
        subscriber = self.subscriber
        return self._known.get(subscriber.parent) if subscriber is not None else None

    @property
    def born(self) -> date | None:
        """The patient's birth date."""
        return self.here.born if self.here is not None else None

    def _numbered(self, hl: Placed) -> Iterator[Fault]:
        """Said once where a number is left out or comes twice, not again at every HL behind it."""
        self._found += 1
        number = counted(hl.element(1))
        if hl.element(1) and number not in (self._number + 1, self._found):
            yield hl.fault(NUMBER, 1, facts={"count": self._number + 1})
        self._number = number if number > 0 else self._number + 1

    def _parent(self, hl: Placed, name: str) -> str:
        """The HL01 of the parent; where HL02 names none that can be, that of the last of the right level."""
        if name not in _PARENTS:
            return ""
        wanted, _ = _PARENTS[name]
        parent = self._known.get(self._above(hl))
        return self._above(hl) if parent is not None and parent.id == wanted else self._last.get(wanted, "")

    def _above(self, hl: Placed) -> str:
        """The HL01 that HL02 means: where a number is out of shape, that of the HL which should have it."""
        said = hl.element(2)
        return said if said in self._known else self._meant.get(said, said)

    def _under(self, hl: Placed, name: str) -> Iterator[Fault]:
        """What HL02 says of this HL, and what its being there says of its parent."""
        wanted, called = _PARENTS[name]
        above = self._above(hl)
        parent = self._known.get(above)
        if parent is None or parent.id != wanted:
            if hl.element(2) and above not in self._unclear:
                yield hl.fault(PARENT, 2, facts={"level": called})
            self._childless.pop(self._last.get(wanted, ""), None)
            return
        if self._last[wanted] != above:
            yield hl.fault(PARENT_NOT_NEAREST, 2, facts={"level": called})
        self._childless.pop(above, None)
        if parent.children == "0":
            yield CHILDREN.at(parent.place(4), b"0", facts={"said": "do not stand", "found": "one does"})
            self._known[above] = parent = parent._replace(children="")  # said once
        if parent.relation == "18" and parent.sbr is not None:
            # A subscriber with a claim of his own may have dependants below; that reading is not refused.
            own = self._claims > 0 if self.here is not None and self.here.offset == parent.offset else False
            yield SELF_WITH_PATIENT.at(parent.sbr, b"18", rejects=not (own or parent.own_claims))
            self._known[above] = parent._replace(relation="")

    def _no_claim(self) -> Iterator[Fault]:
        """No more claims stand under this HL: note whether there were any."""
        here = self.here
        if here is None or here.id != "2000B":
            return
        identifier = self._last["2000B"]
        if self._claims:
            self._known[identifier] = self._known[identifier]._replace(own_claims=True)
        elif here.children == "0":
            yield NO_CLAIM.at(here.place()._replace(segment="CLM", loop="2300"))


class Level(NamedTuple):
    """What is kept of an HL. children: HL04; turn: SBR01; relation: SBR02; sbr: the place of SBR02; npi: 2010AA."""

    id: str
    parent: str
    children: str
    offset: int
    position: int
    turn: str = ""
    relation: str = ""
    sbr: Where | None = None
    npi: str = ""
    born: date | None = None
    own_claims: bool = False

    @classmethod
    def of(cls, section: Part, parent: str) -> Level:
        """From its section."""
        hl = section.segments[0]
        level = cls(section.id, parent, hl.element(4), hl.segment.offset, hl.position)
        if section.id == "2000A":
            name = section.part("2010AA")
            head = name.segments[0] if name is not None else None
            return level._replace(npi=head.element(9)) if head is not None and head.element(8) == "XX" else level
        person = section.part("2010BA" if section.id == "2000B" else "2010CA")
        born = span_of(person.first(b"DMG"), 1) if person is not None else None
        level = level._replace(born=born.start if born is not None else None)
        sbr = section.first(b"SBR")
        if sbr is None:
            return level
        return level._replace(turn=sbr.element(1), relation=sbr.element(2), sbr=sbr.where(2))

    def place(self, element: int = 0) -> Where:
        """Where its HL stands."""
        return Where(self.offset, "HL", self.id, self.position, element, 0, 0, data_element("HL", element))


def line_numbers(claim: Part) -> Iterator[Fault]:
    """LX01 of the lines of a claim."""
    before = 0
    for found, line in enumerate(claim.parts("2400"), start=1):
        lx = line.segments[0]
        number = counted(lx.element(1).lstrip("0") or "0")  # type N0: zeros before it change nothing
        if lx.element(1) and number not in (before + 1, found):
            yield lx.fault(LINE_NUMBER, 1, facts={"count": before + 1})
        before = number if number > 0 else before + 1


def counted(text: str) -> int:
    """A number of type N0 without leading zeros, or -1."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and text[0] != "0" else -1
