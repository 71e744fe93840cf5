"""``bitewing simulate``: a month of invented claims and remittances, and the truth about them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from bitewing.cli.options import usage
from bitewing.exits import Exit
from bitewing.policies.simulate.month import Settings, simulate
from bitewing.progress import progress_for

START = Settings(1, 1).start


@click.command("simulate")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--claims", type=click.IntRange(1, 10_000_000), required=True, metavar="N", help="Claims to send.")
@click.option("--seed", type=click.IntRange(0), required=True, metavar="S", help="The same seed, the same bytes.")
@click.option("--payers", type=click.IntRange(1, 99), default=8, show_default=True, metavar="N")
@click.option(
    "--from", "start", type=click.DateTime(["%Y-%m-%d"]), default=START.isoformat(), show_default=True,
    metavar="YYYY-MM-DD", help="The first date of service.",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(1, 3660), default=30, show_default=True, metavar="N", help="Days of service."
)
@click.option(
    "--control", type=click.IntRange(1, 900_000_000), default=1, show_default=True, metavar="N", help="First ISA13."
)
@click.option("--no-rules", is_flag=True, help="Payers that bundle nothing.")
@click.option("--quiet", is_flag=True, help="No progress.")
def simulate_command(
    folder: Path,
    claims: int,
    seed: int,
    payers: int,
    start: datetime,
    days: int,
    control: int,
    no_rules: bool,
    quiet: bool,
) -> int:
    """Write matched 837D and 835 files of invented payers, and truth.json and truth.jsonl beside them.

    DIR is a folder that is empty or not there yet; it is written whole or not at all.
    """
    settings = Settings(claims, seed, payers, start.date(), days, control, not no_rules)
    try:
        made = simulate(folder, settings, progress_for(quiet=quiet)(folder.name))
    except FileExistsError:
        raise usage(f"{folder}: there is something already; name a folder that is empty or not there") from None
    except (NotADirectoryError, PermissionError) as error:
        raise usage(f"{folder}: it cannot be written: {error.strerror}; name another folder") from None
    counts, files = made["counts"], len(made["files"])
    click.echo(
        f"{folder}: {counts['claim']} claims, {counts.get('remit', 0)} claim payments in {counts.get('payment', 0)} "
        f"payments, {files} files, {len(made['rules'])} rules of {len(made['payers'])} payers"
    )
    return Exit.DONE
