"""Pictures as SVG, drawn here from numbers: no text of a file gets into them unescaped."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup, escape

from bitewing.policies.report.collect import OUTCOMES, Cell, Span

_CLASSES = ("paid", "included", "changed", "capped", "often", "denied", "open")
HEIGHT = 30


def shares(cell: Cell | None, title: str) -> Markup:
    """A bar of a cell's outcomes."""
    if cell is None or not cell.total:
        return Markup("")
    parts, at = [], 0.0
    for name, count in zip(_CLASSES, cell.counts, strict=True):
        width = 46 * count / cell.total
        if width:
            parts.append(f'<rect class="{name}" x="{at:.2f}" y="0" width="{width:.2f}" height="14"/>')
            at += width
    told = ", ".join(f"{count} {name}" for name, count in zip(OUTCOMES, cell.counts, strict=True) if count)
    label = escape(f"{title}: {told}")
    # Parts are made of numbers and of names that stand in this file.
    return Markup(f'<svg width="46" height="14" role="img"><title>{label}</title>{"".join(parts)}</svg>')


def interval(low: float, rate: float, high: float) -> Markup:
    """A rate with its bounds on a line from 0 to 1."""
    x = [4 + 112 * value for value in (low, rate, high)]
    return Markup(
        '<svg width="120" height="16" role="img">'
        f"<title>rate {rate:.2f}, 95 % between {low:.2f} and {high:.2f}</title>"
        '<line class="axis" x1="4" x2="116" y1="8" y2="8"/><line class="axis" x1="60" x2="60" y1="5" y2="11"/>'
        f'<line class="bound" x1="{x[0]:.1f}" x2="{x[2]:.1f}" y1="8" y2="8"/>'
        f'<circle class="dot" cx="{x[1]:.1f}" cy="8" r="3.5"/></svg>'
    )


def over_time(spans: Sequence[Span]) -> Markup:
    """Trials by week or month: above the line it happened, below it did not."""
    if not spans:
        return Markup("")
    most = max(max(span.positive, span.negative) for span in spans) or 1
    width = max(3.0, min(14.0, 260 / len(spans)))
    parts = []
    for at, span in enumerate(spans):
        x, up, down = at * width, HEIGHT * span.positive / most, HEIGHT * span.negative / most
        label = f"{span.start}: happened {span.positive}, did not {span.negative}"
        parts.append(
            f'<g><title>{label}</title><rect class="hit" x="{x:.1f}" y="0" width="{width:.1f}" height="{2 * HEIGHT}"/>'
            f'<rect class="included" x="{x + 0.5:.1f}" y="{HEIGHT - up:.1f}" width="{width - 1:.1f}"'
            f' height="{up:.1f}"/><rect class="paid" x="{x + 0.5:.1f}" y="{HEIGHT}" width="{width - 1:.1f}"'
            f' height="{down:.1f}"/></g>'
        )
    total = width * len(spans)
    line = f'<line class="axis" x1="0" x2="{total:.1f}" y1="{HEIGHT}" y2="{HEIGHT}"/>'
    return Markup(f'<svg width="{total:.0f}" height="{2 * HEIGHT}" role="img">{"".join(parts)}{line}</svg>')


def amount_bar(amount: Decimal, most: Decimal) -> Markup:
    """A bar for an amount beside the largest one."""
    width = float(140 * amount / most) if most else 0.0
    bar = f'<rect class="denied" x="0" y="1" width="{width:.1f}" height="10"/>'
    return Markup(f'<svg width="140" height="12" role="img">{bar}</svg>')
