"""``bitewing learn`` and ``policies``: what payers do, as rules that a person accepts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bitewing.cli.options import FILE, usage
from bitewing.exits import Exit

if TYPE_CHECKING:
    from bitewing.policies.book import Book
    from bitewing.policies.rule import Rule

FORMAT = click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.command("learn")
@click.argument("store", type=FILE)
@click.option(
    "-o", "--output", "output", type=FILE, metavar="BOOK.xml", help="The policy book to write, or to bring up to date."
)
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True)
@click.option("--statistics", type=FILE, metavar="DIR", help="Also write trials by day, as Parquet by payer and month.")
@FORMAT
def learn_command(store: Path, output: Path | None, engine: str, statistics: Path | None, format_: str) -> int:
    """Learn from the remittances of a store what its payers do: proposed rules, with the counts behind them.

    A book that is there keeps what was decided in it. Nothing uses a rule before a person accepts it.
    """
    from bitewing.cli.store import store_failure
    from bitewing.edi.errors import OutputError
    from bitewing.learning import EngineError, learnt, write_book
    from bitewing.policies.book import BookError
    from bitewing.policies.rule import OBSERVED
    from bitewing.policies.store import StoreError

    try:
        every = learnt(store, engine, statistics, seen=True)
        rules = [rule for rule in every if rule.status != OBSERVED]
        if output is not None:
            write_book(output, rules)
    except (StoreError, OutputError) as error:
        raise store_failure(error) from None
    except (EngineError, BookError) as error:
        raise usage(error) from None
    except OSError as error:
        raise usage(f"{statistics}: it cannot be written: {error.strerror}") from None
    _show(rules, format_)
    seen = [rule for rule in every if rule.status == OBSERVED]
    if seen and format_ == "text":
        click.echo("Seen, and too seldom or not often enough alike to be proposed:")
    _show(seen, format_)
    if format_ == "text":
        said = f"; written to {output}, nothing is used before it is accepted" if output is not None else ""
        click.echo(f"{sum(rule.says == 'applies' for rule in rules)} rules proposed{said}")
    return Exit.DONE


@click.command("report")
@click.argument("store", type=FILE)
@click.option("-o", "--output", "output", type=FILE, required=True, metavar="FILE.html", help="The page to write.")
@click.option(
    "--policies",
    "book",
    type=FILE,
    metavar="BOOK.xml",
    help="Show what was decided on rules, and the rules of a handbook.",
)
@click.option("--title", metavar="TEXT", help="What the page is about; the store's name unless given.")
@click.option("--date", "made_on", metavar="YYYY-MM-DD", help="When the page is made; today unless given.")
def report_command(store: Path, output: Path, book: Path | None, title: str | None, made_on: str | None) -> int:
    """Write one page on what payers did: pictures and tables, rules with their evidence, money, what is not known."""
    from bitewing.cli.store import store_failure
    from bitewing.edi.errors import OutputError
    from bitewing.edi.output import write_whole
    from bitewing.learning import reported
    from bitewing.policies.store import StoreError

    known = _read(book) if book is not None else None
    when = made_on or datetime.now(UTC).date().isoformat()
    try:
        text = reported(store, known, title=title or store.resolve().name, made_on=when)
        write_whole(output, [text.encode("utf-8")])
    except (StoreError, OutputError) as error:
        raise store_failure(error) from None
    click.echo(f"{output}: written; open it in a browser, it needs no network")
    return Exit.DONE


@click.group("policies")
def policies_group() -> None:
    """Policy books: what payers do, as rules to read, accept and retire."""


@policies_group.command("check")
@click.argument("books", nargs=-1, required=True, type=FILE, metavar="BOOK...")
def check_command(books: tuple[Path, ...]) -> int:
    """Say everything that is wrong with policy books, by line."""
    from bitewing.console import printable
    from bitewing.policies.book.book import book_of

    code = Exit.DONE
    for path in books:
        for file in sorted(path.glob("*.xml")) if path.is_dir() else [path]:
            try:
                rules, faults = book_of(file.read_bytes(), str(file))
            except OSError as error:
                rules, faults = [], [f"{file}: it cannot be read: {error.strerror}; check the name"]
            for fault in faults:
                click.echo(printable(fault), err=True)
                code = Exit.USAGE
            if not faults:
                click.echo(f"{file}: {len(rules)} rules, nothing wrong")
    return code


@policies_group.command("list")
@click.argument("book", type=FILE)
@click.option("--status", type=click.Choice(["proposed", "accepted", "rejected", "retired"]), help="Only these.")
@click.option("--payer", metavar="ID", help="Only this payer's.")
@FORMAT
def list_command(book: Path, status: str | None, payer: str | None, format_: str) -> int:
    """Show the rules of a book, a line each."""
    found = [one for one in _read(book).rules if status in (None, one.status) and payer in (None, one.payer)]
    _show(found, format_)
    return Exit.DONE


@policies_group.command("show")
@click.argument("book", type=FILE)
@click.argument("rule")
@FORMAT
def show_command(book: Path, rule: str, format_: str) -> int:
    """Show one rule in full: what it says, its counts by group, its allowed amounts, who decided what and why."""
    from bitewing.records import dumps
    from bitewing.rules_text import full_text

    found = _read(book).rule(rule)
    if found is None:
        raise usage(f"{book}: no rule {rule}, or several; 'bitewing policies list {book}' shows them")
    click.echo(dumps(found.record()) if format_ == "json" else "\n".join(full_text(found)))
    return Exit.DONE


def _decision(action: str, help_: str) -> click.Command:
    def run(book: Path, rule: str, by: str, reason: str, at: datetime | None) -> int:
        from bitewing.cli.store import store_failure
        from bitewing.edi.errors import OutputError
        from bitewing.learning import save
        from bitewing.policies.book import BookError
        from bitewing.policies.book.decide import decided
        from bitewing.policies.rule import Decision

        when = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            changed = decided(_read(book), rule, Decision(action, by.strip(), when, " ".join(reason.split())))
            save(book, changed)
        except BookError as error:
            raise usage(f"{book}: {error}") from None
        except OutputError as error:
            raise store_failure(error) from None
        found = changed.rule(rule)
        click.echo(f"{found.id if found else rule}: {found.status if found else action}")
        return Exit.DONE

    function: Any = run
    for option in reversed(
        (
            click.argument("book", type=FILE),
            click.argument("rule"),
            click.option("--by", required=True, metavar="NAME", help="Who decides."),
            click.option("--reason", required=True, metavar="TEXT", help="Why."),
            click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]), metavar="TIME", help="When, in UTC; now."),
        )
    ):
        function = option(function)
    return click.command(action, help=help_)(function)


policies_group.add_command(_decision("accept", "Let check and repair use a rule."))
policies_group.add_command(_decision("reject", "Turn a proposed rule down; learning does not propose it again."))
policies_group.add_command(_decision("retire", "Use an accepted rule no longer."))


@policies_group.command("diff")
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@FORMAT
def diff_command(before: Path, after: Path, format_: str) -> int:
    """Show what differs between two books. Exit code 1 where anything does."""
    from bitewing.policies.book.diff import changes
    from bitewing.records import dumps
    from bitewing.rules_text import change_text

    found = list(changes(_read(before), _read(after)))
    for one in found:
        if format_ == "json":
            names = {name: [old, new] for name, old, new in one.what}
            sides = {
                "before": one.before.record() if one.before else None,
                "after": one.after.record() if one.after else None,
            }
            click.echo(dumps({"type": "change", **sides, "changed": names}))
        else:
            click.echo("\n".join(change_text(one)))
    return Exit.FINDINGS if found else Exit.DONE


@policies_group.command("backtest")
@click.argument("book", type=FILE)
@click.argument("store", type=FILE)
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="The last days to try it on.")
@click.option("--rule", metavar="ID", help="Only this rule.")
@FORMAT
def backtest_command(book: Path, store: Path, days: int, rule: str | None, format_: str) -> int:
    """Show what rules would have predicted in days they were not learnt from, in counts and money."""
    from bitewing.cli.store import store_failure
    from bitewing.learning import backtested
    from bitewing.policies.store import StoreError
    from bitewing.records import dumps
    from bitewing.rules_text import tested_record, tested_text

    try:
        for one in backtested(_read(book), store, days, rule):
            click.echo(dumps(tested_record(one)) if format_ == "json" else tested_text(one))
    except StoreError as error:
        raise store_failure(error) from None
    return Exit.DONE


def _read(path: Path) -> Book:
    from bitewing.policies.book import BookError, read_books

    try:
        return read_books([path])
    except BookError as error:
        raise usage(error) from None


def _show(rules: list[Rule], format_: str) -> None:
    from bitewing.records import dumps
    from bitewing.rules_text import rule_text

    for rule in rules:
        click.echo(dumps(rule.record()) if format_ == "json" else "\n".join(rule_text(rule)))
