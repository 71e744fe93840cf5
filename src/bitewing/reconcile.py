"""Reconciliation of a store: opened, matched, told; and the life of one claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from bitewing.policies.engine import Engine
from bitewing.policies.engine.duckdb import DuckEngine
from bitewing.policies.match import match
from bitewing.policies.reconcile.export import LINES, csv_text, write_xlsx
from bitewing.policies.reconcile.records import Record, day, payment_records, remit_records, text
from bitewing.policies.store import Store

_SUBMITTED = """
SELECT c.source, c.claim_no, c.sent, c.clm01, c.frequency, c.charge, c.payer_id, c.first_day, c.lines,
       c.predetermination
FROM claims c WHERE c.clm01 = '{claim}' ORDER BY c.sent NULLS LAST, c.source, c.claim_no
"""
_LINES = """
SELECT l.lx, l.code, l.units, l.charge, l.first_day, l.teeth
FROM claim_lines l WHERE l.source = '{source}' AND l.claim_no = {number} ORDER BY l.line_no
"""
_FREQUENCIES = {"7": " as a replacement", "8": " as a void"}


class Reconciled:
    """A store with its remittances matched; closed at the end of a ``with``."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def of(cls, store: Path) -> Reconciled:
        """The store at a path, matched anew. Raises StoreError."""
        engine = DuckEngine(Store.open(store).tables())
        match(engine)
        return cls(engine)

    def remits(self) -> Iterator[Record]:
        """One record for every claim payment."""
        return remit_records(self.engine)

    def payments(self) -> Iterator[Record]:
        """One record for every payment."""
        return payment_records(self.engine)

    def export(self, path: Path) -> None:
        """Every line to a ``.csv``, ``.xlsx`` or ``.parquet`` file, whole or not at all.

        Raises ExportError, OutputError, OSError.
        """
        import os
        import tempfile

        from bitewing.edi.output import write_whole

        kind = path.suffix.lower()
        if kind == ".csv":
            write_whole(path, csv_text(self.engine))
            return
        with tempfile.TemporaryDirectory(dir=path.resolve().parent, prefix=".bitewing-") as folder:
            made = Path(folder) / f"lines{kind}"
            if kind == ".xlsx":
                write_xlsx(self.engine, made)
            else:
                self.engine.write_parquet(LINES, made)
            with made.open("rb") as stream:
                os.fsync(stream.fileno())
            made.replace(path)

    def __enter__(self) -> Reconciled:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.close()


def life(found: Reconciled, claim: str, line: int | None, acks: Sequence[Path]) -> Iterator[str]:
    """What happened to a claim, oldest first: submitted, acknowledged, paid, taken back, corrected.

    line: only this LX. acks: 277CA and 999 files. Nothing where the number is not known.
    """
    from bitewing.reconcile_text import remit_text

    quoted = claim.replace("'", "''")
    for source, number, sent, clm01, frequency, charge, payer, first, lines, estimate in found.engine.rows(
        _SUBMITTED.format(claim=quoted)
    ):
        what = "asked for an estimate" if estimate else "submitted" + _FREQUENCIES.get(frequency, "")
        yield f"{day(sent) or 'no date'}  claim {clm01} {what}: {text(charge)} to {payer}, {lines} lines, {day(first)}"
        yield from _submitted_lines(found, source, number, line)
    yield from _acknowledged(acks, claim)
    for record in found.remits():
        if claim in (record["clm01"], record["clp01"]):
            shown = _only(record, line)
            first_line, *more = remit_text(shown)
            yield f"{record['paid_on'] or 'no date'}  payment {record['trace']}, {record['payer']}:{first_line[7:]}"
            yield from (f"      {one.strip()}" for one in more)


def _only(record: Record, line: int | None) -> Record:
    if line is None:
        return record
    return {**record, "lines": [one for one in record["lines"] if one["lx"] == line]}


def _submitted_lines(found: Reconciled, source: str, number: int, line: int | None) -> Iterator[str]:
    for lx, code, units, charge, first, teeth in found.engine.rows(_LINES.format(source=source, number=number)):
        if line in (None, lx):
            tooth = f", tooth {teeth}" if teeth else ""
            yield f"      line {lx}: {code} x{units} {text(charge)} on {day(first)}{tooth}"


def _acknowledged(acks: Sequence[Path], claim: str) -> Iterator[str]:
    from bitewing.ackview import about_claim, shown_answers
    from bitewing.edi.acks.read import answers
    from bitewing.inputs import opened

    for path in acks:
        document = opened(path)
        try:
            for said in shown_answers(about_claim(answers(document), claim)):
                yield f"acknowledged in {path.name}:"
                yield from ("      " + one for one in said.splitlines())
        finally:
            document.close()
