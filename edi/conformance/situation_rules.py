"""The relations of ``situations.py``. What public files hold to be clean, or what only one source says, is told."""

from __future__ import annotations

from bitewing.edi.conformance.fault import Scope
from bitewing.edi.conformance.rule import TELLS, Rule

_ABSENT, _NOT_TO_BE_SENT, _ELEMENT_ABSENT, _WRONG = "I6", "I9", "I9", "7"


def _segment(name: str, code: str, message: str, remedy: str, *, rejects: bool = True) -> Rule:
    return Rule(name, 4, Scope.SEGMENT, code, message, remedy, rejects)


def _element(name: str, code: str, message: str, remedy: str, *, rejects: bool = True) -> Rule:
    return Rule(name, 4, Scope.ELEMENT, code, message, remedy, rejects)


DEMOGRAPHICS = _segment(
    "patient-details-missing",
    _ABSENT,
    "the subscriber is the patient (SBR02 18), and the address, or birth date and gender, are missing",
    "send N3, N4 and DMG of the subscriber",
)
SUBSCRIBER_NUMBER = _element(
    "subscriber-number-missing",
    _ELEMENT_ABSENT,
    "the subscriber is a person and has no member id; sources differ whether it is required",
    "send MI and the member id in NM108 and NM109",
    rejects=TELLS,
)
ORIGINAL = _segment(
    "original-claim-number-missing",
    _ABSENT,
    "the claim replaces or voids another (CLM05-3), and does not say which",
    "send the payer's number of that claim in REF*F8",
)
ACCIDENT_STATE = _element(
    "accident-state-missing",
    _ELEMENT_ABSENT,
    "CLM11 names an automobile accident, and not the state where it happened",
    "send the state in CLM11-4",
)
ACCIDENT_DATE = _segment(
    "accident-date-missing",
    _ABSENT,
    "CLM11 names an accident, and its date is missing",
    "send the date of the accident in DTP*439",
)
ATTACHMENT = _element(
    "attachment-number-missing",
    _ELEMENT_ABSENT,
    "the attachment is sent apart from the claim (PWK02), and has no number to find it by",
    "send AC in PWK05 and the attachment's number in PWK06",
)
VERSIONS = _element(
    "diagnosis-versions-mixed",
    _WRONG,
    "the diagnoses of the claim are of two versions of ICD",
    "send all diagnoses of a claim in one version",
)
POINTER = _element(
    "diagnosis-pointer-untrue",
    _WRONG,
    "the line points to a diagnosis that the claim does not have",
    "send 1 to 4 for the first to fourth diagnosis in HI",
)
RENDERING_SPECIALTY = _segment(
    "rendering-specialty-missing",
    _ABSENT,
    "the rendering provider has no specialty; sources differ whether it is required",
    "send the taxonomy code in PRV*PE",
    rejects=TELLS,
)
RENDERING_IS_BILLING = _element(
    "rendering-same-as-billing",
    "",
    "the rendering provider is the billing provider, and is named only where it is another",
    "leave out the rendering provider",
    rejects=TELLS,
)
TURN = _element(
    "payer-turn-repeated",
    _WRONG,
    "two payers of the claim have the same turn (SBR01)",
    "send P, S, T ... in the order in which they pay, each once",
)
DECIDING_PAYER = _element(
    "deciding-payer-unknown",
    _WRONG,
    "the line was decided by a payer that the claim does not name",
    "send in SVD01 the identifier of the payer in loop 2330B",
)
PLANNED_DATE = _segment(
    "predetermination-with-service-date",
    _NOT_TO_BE_SENT,
    "a predetermination (CLM19 PB) has no date of service",
    "leave out DTP*472, or CLM19 where it was done",
)
DATE = _segment(
    "service-date-missing",
    _ABSENT,
    "neither the line nor the claim has a date of service",
    "send DTP*472, or CLM19 PB for a predetermination",
    rejects=TELLS,
)
PLACEMENT = _segment(
    "prior-placement-missing",
    _ABSENT,
    "the prosthesis is a replacement (SV305 R), and the date of the prior placement is missing",
    "send DTP*441, or DTP*139 where the date is estimated",
)
UNITS_OF_TEETH = _element(
    "units-of-several-teeth",
    "I13",
    "the line has several teeth and several units: how often on which tooth is not known",
    "send one line for each tooth, or leave SV306 out",
)
TOOTH_AGAIN = _element("tooth-repeated", "", "the line names a tooth twice", "name each tooth once", rejects=TELLS)
LINE_ID_AGAIN = _element(
    "line-id-repeated",
    "",
    "two lines of the claim have the same control number (REF*6R)",
    "give every line a number of its own: the remittance answers with it",
    rejects=TELLS,
)
