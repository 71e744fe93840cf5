"""Days on which images were taken: what kinds about films, panoramic images and series have in common."""

from __future__ import annotations

from functools import lru_cache

from bitewing.edi.codes import codes, procedures
from bitewing.policies.learn.kinds.kind import listed

SERIES, PANORAMIC = "D0210", "D0330"
PERIAPICALS = ("D0220", "D0230")
BITEWINGS = ("D0270", "D0272", "D0273", "D0274")
OCCLUSAL = "D0240"
AFTER_SERIES = 400  # days
"""So long after a complete series films may be denied for it."""
FILMS = (*PERIAPICALS, OCCLUSAL, *BITEWINGS)
SERIES_CODES = tuple(sorted(codes(family="FMX")))
_IMAGES = {code: one.images or 0 for code, one in procedures().items()}

IMAGE_DAYS = f"""
SELECT payer, grp, MAX(class) AS class, MAX(network) AS network, patient, day,
       ARRAY_TO_STRING(LIST_SORT(LIST(code || 'x' || CAST(units AS VARCHAR))), ' ') AS context,
       COALESCE(STRING_AGG(CASE WHEN state = 'bundled' AND target = '{SERIES}' THEN code END, ' ' ORDER BY code), '')
         AS members,
       MAX(CASE WHEN code = '{PANORAMIC}' THEN 1 ELSE 0 END) AS panoramic,
       MAX(CASE WHEN code = '{PANORAMIC}' THEN state || target ELSE '' END) AS panoramic_state,
       SUM(CASE WHEN code IN ({listed(SERIES_CODES)}) THEN 1 ELSE 0 END) AS series,
       SUM(CASE WHEN code IN ({listed(FILMS)}) THEN 1 ELSE 0 END) AS films,
       SUM(CASE WHEN code IN ({listed(FILMS)}) AND state = 'paid' THEN 1 ELSE 0 END) AS films_paid,
       SUM(CASE WHEN code IN ({listed(PERIAPICALS)}) THEN 1 ELSE 0 END) AS periapicals,
       SUM(CASE WHEN code IN ({listed(PERIAPICALS)}) AND state IN ('paid', 'units-capped') THEN 1 ELSE 0 END)
         AS periapicals_paid,
       SUM(CASE WHEN code IN ({listed(PERIAPICALS)}) AND state = 'bundled' AND target = '{SERIES}' THEN 1 ELSE 0 END)
         AS periapicals_bundled,
       MAX(CASE WHEN state = 'bundled' AND target = '{SERIES}' THEN inferred ELSE 0 END) AS inferred,
       MAX(CASE WHEN state = 'bundled' AND target = '{SERIES}' THEN patient_owes ELSE 0 END) AS patient_owes,
       SUM(CASE WHEN state = 'bundled' AND target = '{SERIES}' THEN allowed ELSE 0 END) AS allowed,
       MIN(first_claim) = MAX(last_claim) AS one_claim
FROM day_codes
WHERE code IN ({listed((*FILMS, PANORAMIC, *SERIES_CODES))})
GROUP BY payer, grp, patient, day
"""

READS = {"image_days": IMAGE_DAYS}


@lru_cache(maxsize=65_536)
def composition(context: str) -> tuple[tuple[str, int], ...]:
    """Codes with their units: ``D0220x1 D0230x7``."""
    pairs = (one.split("x") for one in context.split())
    return tuple((code, int(units)) for code, units in pairs)


def films(context: str, family: frozenset[str]) -> int:
    """Films of a family: units by the images that one stands for."""
    return sum(units * _IMAGES[code] for code, units in composition(context) if code in family)
