"""``bitewing check`` and ``bitewing repair``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from bitewing.batch import NEVER, Outcome, Plan, Writer, run_files
from bitewing.cli.options import FAIL_ON, FILE, claim_options, config_of, facts_of, paths, rules_of, usage
from bitewing.console import TextWriter, error_lines
from bitewing.exits import Exit
from bitewing.plugins import PluginError
from bitewing.progress import progress_for
from bitewing.transforms.catalog import UnknownPass

if TYPE_CHECKING:
    from bitewing.writers import SarifWriter


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@claim_options
@click.option("--fail-on", type=click.Choice(FAIL_ON), default="flag", show_default=True, help="Exit 1 from here up.")
def check_command(files: tuple[str, ...], fail_on: str, **options: Any) -> int:
    """Say what is found in claims; nothing is written.

    FILE is a file, a folder, a pattern, or - for standard input.
    """
    plan = _plan(options, fail_on=fail_on)
    return _run([(path, None) for path in paths(files)], plan, options)


@click.command("repair")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", type=FILE, metavar="OUT", help="Where to write one file; - for standard output.")
@click.option("--output-dir", type=FILE, metavar="DIR", help="Where to write many, each under its own name.")
@click.option("--in-place", is_flag=True, help="Write over the input.")
@click.option("--mode", type=click.Choice(["propose", "apply"]), help="Default: apply with an output, else propose.")
@claim_options
@click.option("--fail-on", type=click.Choice(FAIL_ON), default=NEVER, show_default=True, help="Exit 1 from here up.")
def repair_command(
    files: tuple[str, ...],
    output: Path | None,
    output_dir: Path | None,
    in_place: bool,
    mode: str | None,
    fail_on: str,
    **options: Any,
) -> int:
    """Repair what can be repaired without asking anybody, and say what is left for a person.

    Without an output the repairs are only listed.
    """
    if sum((output is not None, output_dir is not None, in_place)) > 1:
        raise usage("choose one of --output, --output-dir and --in-place")
    targets = _targets(paths(files), output, output_dir, in_place)
    writes = any(target is not None for _, target in targets)
    if mode == "apply" and not writes:
        raise usage("--mode apply needs a place to write: add -o OUT, --output-dir DIR or --in-place")
    for read in (options["fees"], options["attest"], options["config"], *map(Path, options["history"])):
        for _, target in targets if read is not None else ():
            if target is not None:
                _apart(read, target)
    plan = _plan(options, fail_on=fail_on, write=True, apply=writes and mode != "propose")
    return _run(targets, plan, options)


def _targets(
    files: list[Path], output: Path | None, folder: Path | None, in_place: bool
) -> list[tuple[Path, Path | None]]:
    """Each file with its output. Raises ClickException (2) where an output would fall on an input or on another."""
    if in_place:
        if Path("-") in files:
            raise usage("standard input cannot be written over; use -o OUT")
        return [(path, path) for path in files]
    if output is not None:
        if len(files) > 1:
            raise usage(f"-o takes one file, and {len(files)} are given; use --output-dir DIR")
        if output.is_dir():
            raise usage(f"{output}: this is a folder; use --output-dir {output}")
        _apart(files[0], output)
        return [(files[0], output)]
    if folder is None:
        return [(path, None) for path in files]
    if not folder.is_dir():
        raise usage(f"{folder}: there is no such folder; make it first")
    targets: dict[Path, Path] = {}
    for path in files:
        target = folder / ("stdin.837" if str(path) == "-" else path.name)
        if target in targets:
            raise usage(
                f"{path} and {targets[target]} would both be written to {target}; repair them one after the other"
            )
        _apart(path, target)
        targets[target] = path
    return [(path, target) for target, path in targets.items()]


def _apart(path: Path, target: Path) -> None:
    if str(target) == "-" or str(path) == "-":
        return
    if target.exists() and not target.is_file():
        raise usage(f"{target}: this is no ordinary file; write to one, or to standard output with -o -")
    same = path.exists() and target.exists() and path.samefile(target)
    if same or path.absolute() == target.absolute():
        raise usage(f"{target}: the output is the input; use --in-place if that is meant")


def _plan(options: dict[str, Any], *, fail_on: str, write: bool = False, apply: bool = False) -> Plan:
    config = config_of(options["config"])
    rules = rules_of(options["policies"], with_proposed=options["with_proposed"], contracts=config.contracts)
    facts = facts_of(
        options["fees"], options["apply_fees"], options["attest"], options["history"], options["store"], rules
    )
    plan = Plan(config, facts, _words(options["select"]), _words(options["ignore"]), fail_on, write, apply)
    try:
        plan.passes()
    except (UnknownPass, PluginError) as error:
        raise usage(error) from None
    return plan


def _words(given: tuple[str, ...]) -> tuple[str, ...]:
    """--select A,B and --select A --select B are the same."""
    return tuple(word for words in given for word in words.split(",") if word)


def _run(files: list[tuple[Path, Path | None]], plan: Plan, options: dict[str, Any]) -> int:
    # Where the repaired file goes to standard output, everything said goes to standard error.
    stream: IO[str] = sys.stderr if any(str(target) == "-" for _, target in files) else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    gathered, make = _writer(options["format_"], plan, stream)
    jobs = 1 if gathered is not None or Path("-") in [path for path, _ in files] else options["jobs"]
    worst, outcomes = run_files(files, plan, make, stream, jobs=jobs, progress=progress_for(quiet=options["quiet"]))
    if gathered is not None:
        gathered.close(stream)
    stream.flush()
    _errors(outcomes)
    if len(outcomes) > 1 and options["format_"] == "text":
        _totals(outcomes, stream)
    return int(worst)


def _writer(wanted: str, plan: Plan, stream: IO[str]) -> tuple[SarifWriter | None, Callable[[IO[str]], Writer]]:
    """What makes a writer over a stream, and the writer itself where it is one for all files."""
    if wanted == "text":
        return None, partial(TextWriter, colour=_colour(stream))
    from bitewing.writers import JsonWriter, SarifWriter  # text needs neither

    gathered = SarifWriter(plan.passes()) if wanted == "sarif" else None
    return gathered, gathered.over if gathered is not None else JsonWriter


def _colour(stream: IO[str]) -> bool:
    import os

    return stream.isatty() and not os.environ.get("NO_COLOR")


def _errors(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        for line in error_lines(outcome):
            click.echo(f"bitewing: {line}", err=True)


def _totals(outcomes: list[Outcome], stream: IO[str]) -> None:
    good = [one for one in outcomes if one.exit not in (Exit.UNREADABLE, Exit.USAGE, Exit.TEMPORARY)]
    claims = sum(one.summary.claims for one in good)
    repaired = sum(one.summary.repaired for one in good)
    flagged = sum(one.summary.flagged for one in good)
    left = len(outcomes) - len(good)
    repairs = "1 repair" if repaired == 1 else f"{repaired} repairs"
    said = f"{len(outcomes)} files, {claims} claim{'' if claims == 1 else 's'}: {repairs}, {flagged} to look at"
    stream.write(said + (f", {left} files not read.\n" if left else ".\n"))
