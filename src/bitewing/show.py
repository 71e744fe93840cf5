"""What ``bitewing view`` shows: claims with the findings that speak of them, remittances, or what an answer says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bitewing.ackview import about_claim, shown_answers
from bitewing.edi.acks.read import answers, holds_answers
from bitewing.edi.finding import Finding
from bitewing.eob import shown_remittances
from bitewing.inputs import opened
from bitewing.transforms.catalog import builtin_passes, chosen
from bitewing.transforms.facts import Facts
from bitewing.transforms.run import Run
from bitewing.view import render_claim


def shown_claims(path: Path, wanted: str | None, facts: Facts, width: int) -> Iterator[str]:
    """The claims as text, all or the one that is wanted, after what was paid (835) where the file holds that, too; of a
    TA1, 999 or 277CA what it says. ``-`` is standard input.

    Raises OSError; EdiError where the file, or at last where a claim in it, has no certain place.
    """
    document = opened(path)
    try:
        if holds_answers(document):
            said = answers(document)
            yield from shown_answers(about_claim(said, wanted) if wanted is not None else said, width)
            return
        yield from shown_remittances(document.remittances(), wanted, width)
        by_claim: dict[int, list[Finding]] = {}
        run = Run(document, chosen(builtin_passes()), facts)
        for finding in run.findings():
            by_claim.setdefault(finding.place.claim_at, []).append(finding)
        for claim in document.claims():
            if wanted is None or claim.id == wanted:
                yield render_claim(claim, by_claim.get(claim.offset, ()), width)
        if run.index.faults:
            raise run.index.faults[0]
    finally:
        document.close()
