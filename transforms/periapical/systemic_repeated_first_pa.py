"""P107: a practice whose software repeats D0220 for every film."""

from __future__ import annotations

from collections.abc import Iterator

from bitewing.edi.codes import FIRST_PA, PERIAPICALS
from bitewing.edi.finding import Action
from bitewing.transforms.example import Example
from bitewing.transforms.model import Remark, check
from bitewing.transforms.practice import Practice

FEWEST_VISITS = 10
"""Below this many visits with several films nothing is said of a practice."""


@check(
    "P107",
    "systemic-repeated-first-pa",
    looks_at={FIRST_PA},
    reads=PERIAPICALS,
    source="D0230 billing guide (rule S4-18)",
    examples=(
        Example("ten visits of ten", ("C1: D0220 32.00 #3 | D0220 32.00 #14",), ("flag",), repeat=10),
        Example("nine visits", ("C1: D0220 32.00 #3 | D0220 32.00 #14",), repeat=9),
        Example("pairs", ("C1: D0220 32.00 | D0230 26.00",), repeat=12),
    ),
)
def systemic_repeated_first_pa(practice: Practice) -> Iterator[Remark]:
    """Most visits of a practice with several periapicals repeat D0220.

    A practice system that enters D0220 for every film does so on every claim. Mending its set-up is better than
    mending its claims.
    """
    if practice.film_visits >= FEWEST_VISITS and practice.repeated_first * 2 > practice.film_visits:
        yield Remark(
            Action.FLAG,
            (),
            f"Practice {practice.billing}: {practice.repeated_first} of {practice.film_visits} visits with several "
            "periapicals repeat D0220. Ask the practice to set up D0220 and D0230 as separate entries.",
        )
