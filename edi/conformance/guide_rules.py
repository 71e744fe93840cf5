"""What is said where a transaction does not keep to its guide, in a biller's words: the rules that a map decides.

Each has its SNIP type, the code that answers it (IK304 for a segment, IK403 for an element), a message and a remedy.
"""

from __future__ import annotations

from typing import NamedTuple

from bitewing.edi.conformance.fault import Scope


class GuideRule(NamedTuple):
    """message and remedy may hold ``{place}`` (the segment or element by name), ``{loop}``, ``{low}``, ``{high}``,
    ``{size}`` (both in words), ``{note}``, never what was sent.
    """

    snip: int
    scope: Scope
    code: str
    message: str
    remedy: str
    rejects: bool = True


_S, _E = Scope.SEGMENT, Scope.ELEMENT

RULES = {
    "segment-unknown": GuideRule(1, _S, "1", "{place} is not a segment of this guide", "take it out"),
    "segment-unexpected": GuideRule(1, _S, "2", "{place} may not stand here, after {loop}", "move it or take it out"),
    "segment-out-of-order": GuideRule(
        1, _S, "7", "{place} stands too late in {loop}", "put it where the guide has it, before what stands there now"
    ),
    "qualifier-not-in-guide": GuideRule(
        2,
        _S,
        "2",
        "{place} has a qualifier that the guide does not have here, after {loop}",
        "correct it or take the segment out",
    ),
    "segment-missing": GuideRule(2, _S, "3", "{place} is missing in {loop}", "send it; the guide requires it"),
    "loop-missing": GuideRule(2, _S, "3", "{loop} is missing, which {place} begins", "send it; the guide requires it"),
    "segment-not-used": GuideRule(2, _S, "I4", "{place} is not used in {loop}", "take it out"),
    "segment-repeated-too-often": GuideRule(
        2, _S, "5", "{place} stands more than {high} times in {loop}", "keep {high} at most"
    ),
    "loop-repeated-too-often": GuideRule(2, _S, "4", "{loop} stands more than {high} times", "keep {high} at most"),
    "element-missing": GuideRule(2, _E, "1", "{place} is missing", "send it; the guide requires it"),
    "element-not-used": GuideRule(2, _E, "I10", "{place} is sent but not used in {loop}", "leave it empty"),
    "element-too-short": GuideRule(1, _E, "4", "{place} is too short", "send {size}"),
    "element-too-long": GuideRule(1, _E, "5", "{place} is too long", "send {size}"),
    "element-blank": GuideRule(1, _E, "6", "{place} holds only blanks", "send a value or leave it empty"),
    "code-not-in-guide": GuideRule(2, _E, "7", "{place} is not a code of this guide", "send one of the guide's codes"),
    "invalid-character": GuideRule(
        1, _E, "6", "{place} holds a character that X12 does not allow", "send printable ASCII only"
    ),
    "trailing-blanks": GuideRule(1, _E, "6", "{place} ends with blanks", "take the blanks at its end away"),
    "not-a-number": GuideRule(1, _E, "6", "{place} is not a number", "send digits, at most a minus and a point"),
    "not-a-date": GuideRule(1, _E, "8", "{place} is not a date", "send a day that exists, as CCYYMMDD"),
    "not-a-time": GuideRule(1, _E, "9", "{place} is not a time of day", "send HHMM or HHMMSS"),
    "element-missing-beside-another": GuideRule(
        1, _E, "2", "{place} is missing beside another element (relation {note})", "send both or neither, as required"
    ),
    "elements-exclude-each-other": GuideRule(
        1, _E, "10", "{place} may not be sent beside another element (relation {note})", "send one of them"
    ),
    "too-many-elements": GuideRule(
        1, _E, "3", "{place} has more than {high} elements", "take the separators and values at its end away"
    ),
    "too-many-components": GuideRule(1, _E, "13", "{place} has too many components", "send those of the guide only"),
    "too-many-repetitions": GuideRule(
        1,
        _E,
        "12",
        "{place} is repeated, which the guide does not allow",
        "send one value; mind ISA11",
    ),
    "segment-empty": GuideRule(
        1, Scope.TRANSACTION, "5", "two segment terminators stand together", "take one of them out"
    ),
    "not-checked": GuideRule(
        1, _S, "8", "{place} could not be checked against the guide", "report it, with an invented file that shows it"
    ),
    "transaction-not-checked": GuideRule(
        2, Scope.TRANSACTION, "", "this kind of transaction is not checked against a guide", "", rejects=False
    ),
}
"""By the name of the rule."""
