"""The page, from the template."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bitewing.policies.report import draw
from bitewing.policies.report.collect import OUTCOMES, Report
from bitewing.policies.sentence import sentence


def page(report: Report, *, title: str, made_on: str) -> str:
    """One HTML page. title: what the store is called. made_on: when, as it shall be shown."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["money"] = _money
    most = max((reason.amount for parts in report.reasons.values() for reason in parts), default=Decimal(0))
    return environment.get_template("page.html").render(
        report=report, title=title, made_on=made_on, outcomes=OUTCOMES, draw=draw, sentence=sentence, most=most
    )


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
