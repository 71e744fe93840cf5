"""What is said of codes and numbers without the shape they must have (SNIP type 5), and the short lists behind it.

States and places of service are facts of the postal services and of CMS. Where numbers are invented in every public
sample (the check digit of an NPI) or a short form is common (a ZIP of five digits), that is told and refuses nothing.
"""

from __future__ import annotations

from bitewing.edi.conformance.fault import Scope
from bitewing.edi.conformance.rule import TELLS, Rule


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(0, len(text), 3))


STATES = _pairs(
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK "
    "OR PA RI SC SD TN TX UT VA VT WA WI WV WY AS GU MP PR VI UM FM MH PW AA AE AP"
)
"""The United States with territories, associated states and the armed forces."""

PROVINCES = _pairs("AB BC MB NB NL NS NT NU ON PE QC SK YT")
"""Canada."""

_PLACES = (*range(1, 28), *range(31, 35), 41, 42, *range(49, 59), 60, 61, 62, 65, 66, 71, 72, 81, 99)
PLACES = frozenset(f"{code:02}" for code in _PLACES)
"""Places of service of CMS, as of April 2026."""


def _shape(name: str, message: str, remedy: str, *, code: str = "I12", rejects: bool = True) -> Rule:
    return Rule(name, 5, Scope.ELEMENT, code, message, remedy, rejects)


NPI_SHAPE = _shape("npi-shape", "the NPI is not ten digits", "send the ten digits of the NPI")
NPI_DIGIT = _shape(
    "npi-check-digit",
    "no such NPI can have been issued: its last digit does not fit the others, or it begins with neither 1 nor 2",
    "look for a digit that is wrong",
    code="7",
    rejects=TELLS,
)
TAXONOMY = _shape(
    "taxonomy-shape", "PRV03 is not ten capital letters and digits", "send the taxonomy code of the specialty"
)
ZIP = _shape("zip-shape", "N403 is not five or nine digits", "send the ZIP without hyphen; abroad, send N404 too")
ZIP_SHORT = _shape(
    "zip-extension-missing",
    "N403 has five digits; of a billing provider or a place of treatment nine are wanted",
    "send ZIP+4 without hyphen",
    rejects=TELLS,
)
STATE = _shape("state-unknown", "N402 is no state or province", "send the two letters of the postal service", code="7")
COUNTRY = _shape("country-shape", "N404 is not two or three capital letters", "send the country's code", code="7")
EMPLOYER = _shape("employer-number-shape", "REF*EI is not nine digits", "send the nine digits of the EIN")
SOCIAL = _shape("social-security-number-shape", "REF*SY is not nine digits", "send nine digits, or leave it out")
PROCEDURE = _shape(
    "procedure-code-shape",
    "the procedure is not a CDT code (D and four digits), as its qualifier AD says",
    "send the CDT code",
    code="7",
)
SMALL_LETTERS = _shape(
    "procedure-code-in-small-letters",
    "the procedure begins with a small d",
    "send the code with a capital D",
    code="",
    rejects=TELLS,
)
PLACE_SHAPE = _shape(
    "place-of-service-shape", "the place of service is not two digits", "send two digits, such as 11", code="7"
)
PLACE = _shape(
    "place-of-service-unknown",
    "the place of service is not one of CMS's list of April 2026",
    "send a place of that list, such as 11",
    code="7",
    rejects=TELLS,
)
DECIMAL_POINT = _shape(
    "diagnosis-with-decimal-point",
    "a diagnosis is sent with its decimal point",
    "send it without the point",
    rejects=TELLS,
)
DIAGNOSIS = _shape(
    "diagnosis-shape",
    "a diagnosis has not the shape of an ICD-10-CM code, as its qualifier says",
    "send the code as the list has it, without the point",
    rejects=TELLS,
)
DATE = _shape("date-not-real", "there is no such date, or a period ends before it begins", "send a real date", code="8")
NOT_IN_LIST = _shape(
    "code-not-in-list", "the code is not in the list {name} that was supplied", "send a code of the list", code="7"
)
