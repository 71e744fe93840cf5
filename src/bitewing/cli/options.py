"""Options that several commands share, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import Any, TypeVar

import click

from bitewing.config import Config, ConfigError, read_config
from bitewing.edi.document import Document
from bitewing.edi.errors import EdiError
from bitewing.inputs import SUFFIXES, InputError, expand
from bitewing.policies.history import FileHistory, History, NoHistory
from bitewing.policies.rule import Contract
from bitewing.policies.rules import NO_CONTRACTS, Rules
from bitewing.transforms.facts import Facts, FactsError, read_attestations, read_fees

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)
FAIL_ON = ("info", "predict", "flag", "repair", "never")


class _Usage(click.ClickException):
    exit_code = 2


class _Temporary(click.ClickException):
    exit_code = 75


def claim_options(function: F) -> F:
    """The options of check and repair."""
    for option in reversed(
        (
            click.option(
                "--select", multiple=True, metavar="PASS", help="Run only these: codes, names, groups, default, all."
            ),
            click.option("--ignore", multiple=True, metavar="PASS", help="Do not run these."),
            click.option("--fees", type=FILE, metavar="FILE.csv", help="Fee schedule: code,charge[,billing_npi]."),
            click.option("--apply-fees", is_flag=True, help="A recoded line takes the fee of its new code."),
            click.option("--attest", type=FILE, metavar="FILE.json", help="Signed attestations, by claim and line."),
            click.option(
                "--history", multiple=True, metavar="FILE", help="Earlier 837D files, read as submission history."
            ),
            click.option("--store", type=FILE, metavar="STORE", help="A store, looked into as submission history."),
            click.option(
                "--policies", multiple=True, type=FILE, metavar="BOOK.xml|DIR", help="Policy books: what payers do."
            ),
            click.option("--with-proposed", is_flag=True, help="Use rules that nobody has accepted yet, too."),
            click.option(
                "--format", "format_", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True
            ),
            click.option("--config", type=FILE, metavar="FILE.toml", help="Configuration: plugins and passes."),
            click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Files at once."),
            click.option("--quiet", is_flag=True, help="No progress."),
        )
    ):
        function = option(function)
    return function


def usage(error: Exception | str) -> click.ClickException:
    """What ends with exit code 2."""
    return _Usage(str(error))


def temporary(error: Exception | str) -> click.ClickException:
    """What ends with exit code 75."""
    return _Temporary(str(error))


def paths(names: tuple[str, ...], suffixes: Set[str] = SUFFIXES) -> list[Path]:
    """The files that are meant; of a folder those with these suffixes. Raises ClickException (2)."""
    try:
        return expand(names, suffixes)
    except InputError as error:
        raise usage(error) from None


def config_of(path: Path | None) -> Config:
    """The configuration. Raises ClickException (2)."""
    try:
        return read_config(path)
    except ConfigError as error:
        raise usage(error) from None


def rules_of(
    books: tuple[Path, ...],
    *,
    with_proposed: bool = False,
    contracts: Mapping[tuple[str, str], Contract] = NO_CONTRACTS,
) -> Rules:
    """The rules that may be used, with what practices agreed with payers. Raises ClickException (2)."""
    if not books:
        if with_proposed:
            raise usage("--with-proposed needs a policy book: add --policies BOOK.xml")
        return Rules()
    from bitewing.policies.book import BookError, read_books  # most runs have no books

    try:
        return Rules(read_books(books).usable(proposed=with_proposed), contracts)
    except BookError as error:
        raise usage(error) from None


def facts_of(
    fees: Path | None,
    apply_fees: bool,
    attest: Path | None,
    history: tuple[str, ...],
    store: Path | None = None,
    rules: Rules | None = None,
) -> Facts:
    """What is known beside the claims. Raises ClickException (2)."""
    if apply_fees and fees is None:
        raise usage("--apply-fees needs the fee schedule: add --fees FILE.csv")
    try:
        return Facts(
            read_fees(fees) if fees is not None else {},
            apply_fees,
            read_attestations(attest) if attest is not None else {},
            _history(history, store),
            rules if rules is not None else Rules(),
        )
    except FactsError as error:
        raise usage(error) from None
    except OSError as error:
        raise usage(f"{error.filename}: it cannot be read: {error.strerror}; check the name") from None
    except UnicodeDecodeError:
        raise usage(f"{fees or attest}: this is not UTF-8 text; save it as UTF-8") from None


def _history(names: tuple[str, ...], store: Path | None) -> History:
    if store is not None:
        if names:
            raise usage("--history and --store both say what was submitted before: ingest the files, or leave one out")
        return _stored(store)
    if not names:
        return NoHistory()
    files = paths(names)
    try:
        return FileHistory(Document.open(path) for path in files)
    except EdiError as error:
        raise usage(f"--history: {error}") from None


def _stored(store: Path) -> History:
    from bitewing.policies.store import StoreError, StoreHistory

    try:
        return StoreHistory(store)
    except StoreError as error:
        raise usage(error) from None
