"""What payers hold to be part of another service of the same day, as far as they publish it: it names targets only.

A line that the payer denied as included (CARC 97 and its kin) does not say in what. Where several services were paid,
these pairs tell which; where they leave several, or none, nothing is said. They never make a line a bundled one.
"""

from __future__ import annotations

from bitewing.edi.codes import codes, procedures


def included() -> tuple[tuple[str, str], ...]:
    """Pairs of a code and the beginning of the codes that may include it.

    Photographs in comprehensive evaluations and consultations; single films in a whole-mouth series and in root canal
    treatment; prophylaxis in periodontal treatment; anaesthesia and sedative fillings in restorations; build-ups in
    crowns.
    """
    hosts = {
        codes(family="PHOTO"): sorted(one.code for one in procedures().values() if one.photo_included),
        frozenset({"D0220", "D0230"}): ["D0210", "D0372", "D33"],
        codes(family="BW", kind="full") | codes(family="OCC", kind="full"): ["D0210", "D0372"],
        frozenset({"D1110", "D1120"}): ["D43", "D4910"],
        frozenset({"D9210", "D9215", "D2940"}): ["D21", "D23"],
        frozenset({"D2950"}): ["D27"],
    }
    return tuple(sorted((member, host) for members, above in hosts.items() for member in members for host in above))
