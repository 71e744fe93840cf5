"""``bitewing reconcile`` and ``why``: what became of what was submitted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bitewing.cli.options import FILE, usage
from bitewing.exits import Exit

if TYPE_CHECKING:
    from bitewing.reconcile import Reconciled


@click.command("reconcile")
@click.argument("store", type=FILE)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--claim", "claim_id", metavar="ID", help="Only the claim with this number, as submitted or as paid.")
@click.option("--open", "only_open", is_flag=True, help="Only what a person should look at.")
@click.option("--export", type=FILE, metavar="FILE", help="Also write every line to a .csv, .xlsx or .parquet file.")
def reconcile_command(store: Path, format_: str, claim_id: str | None, only_open: bool, export: Path | None) -> int:
    """Match the remittances of a store with its claims: paid, owed, denied, bundled, changed, unmatched."""
    from bitewing.reconcile_text import Totals, needs_look, payment_text, remit_text, totals_text
    from bitewing.records import dumps

    if export is not None and export.suffix.lower() not in (".csv", ".xlsx", ".parquet"):
        raise usage(f"{export}: its name must end in .csv, .xlsx or .parquet")
    totals = Totals()
    with _reconciled(store) as found:
        payments = {(one["source"], one["payment_no"]): one for one in found.payments()}
        for one in payments.values():
            totals.payment(one)
        said: tuple[str, int] | None = None
        for remit in found.remits():
            if claim_id is not None and claim_id not in (remit["clm01"], remit["clp01"]):
                continue
            totals.remit(remit)
            if only_open and not needs_look(remit):
                continue
            key = (remit["source"], remit["payment_no"])
            if key != said:
                said, payment = key, payments.pop(key, None)
                if payment is not None:
                    click.echo(dumps(payment) if format_ == "json" else "\n".join(payment_text(payment)))
            click.echo(dumps(remit) if format_ == "json" else "\n".join(remit_text(remit)))
        if claim_id is None:
            for payment in payments.values():  # of these no claim was shown
                if not only_open or payment["balanced"] is not True:
                    click.echo(dumps(payment) if format_ == "json" else "\n".join(payment_text(payment)))
        if export is not None:
            _export(found, export)
    click.echo(dumps(totals.record()) if format_ == "json" else "\n".join(totals_text(totals)))
    return Exit.DONE


@click.command("why")
@click.argument("claim")
@click.argument("line", type=int, required=False)
@click.option("--store", type=FILE, required=True, metavar="STORE", help="The store to look in.")
@click.option("--ack", "acks", multiple=True, type=FILE, metavar="FILE", help="277CA or 999 files that answered it.")
def why_command(claim: str, line: int | None, store: Path, acks: tuple[Path, ...]) -> int:
    """Tell one claim's life: submitted, acknowledged, paid, reversed, corrected. CLAIM is CLM01, LINE an LX number."""
    from bitewing.reconcile import life

    with _reconciled(store) as found:
        lines = list(life(found, claim, line, acks))
    if not lines:
        raise usage(f"{store}: no claim {claim} was submitted or paid; check the number")
    click.echo("\n".join(lines))
    return Exit.DONE


def _export(found: Reconciled, path: Path) -> None:
    from bitewing.cli.store import store_failure
    from bitewing.edi.errors import OutputError
    from bitewing.policies.reconcile.export import ExportError

    try:
        found.export(path)
    except ExportError as error:
        raise usage(f"{path}: {error}") from None
    except OutputError as error:
        raise store_failure(error) from None
    except OSError as error:
        raise usage(f"{path}: it cannot be written: {error.strerror}; choose another place") from None


def _reconciled(store: Path) -> Reconciled:
    from bitewing.cli.store import store_failure
    from bitewing.policies.store import StoreError
    from bitewing.reconcile import Reconciled

    try:
        return Reconciled.of(store)
    except StoreError as error:
        raise store_failure(error) from None
