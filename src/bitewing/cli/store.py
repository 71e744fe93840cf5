"""``bitewing ingest`` and ``store``: what goes into a store, what is in it, what comes out again."""

from __future__ import annotations

from pathlib import Path

import click

from bitewing.cli.options import FILE, paths, usage
from bitewing.exits import Exit, worse


@click.command("ingest")
@click.argument("store", type=FILE)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--quiet", is_flag=True, help="No progress.")
def ingest_command(store: Path, files: tuple[str, ...], format_: str, quiet: bool) -> int:
    """Put 837D and 835 files into a store, told apart by what they hold. The same file twice changes nothing."""
    from bitewing.console import printable
    from bitewing.edi.errors import EdiError
    from bitewing.inputs import REMITTANCES, SUFFIXES, opened
    from bitewing.policies.store import Store, StoreError, ingest
    from bitewing.progress import progress_for
    from bitewing.records import dumps, error_record
    from bitewing.store_text import ingest_record, ingest_text

    given = paths(files, SUFFIXES | REMITTANCES)
    code = Exit.DONE
    try:
        opened_store = Store.create(store)
    except StoreError as error:
        raise store_failure(error) from None
    bar = progress_for(quiet=quiet)(str(store))
    try:
        for number, path in enumerate(given):
            if bar is not None:
                bar(number, len(given))
            try:
                document = opened(path)
                try:
                    said = ingest(opened_store, document, "stdin" if str(path) == "-" else path.name)
                finally:
                    document.close()
            except EdiError as error:
                code = worse(code, Exit.UNREADABLE)
                if format_ == "json":
                    click.echo(dumps(error_record(str(path), error)))
                click.echo(printable(f"bitewing: {path}: {error}"), err=True)
            except OSError as error:
                code = worse(code, Exit.USAGE)
                click.echo(
                    printable(f"bitewing: {path}: it cannot be read: {error.strerror}; check the name"), err=True
                )
            except StoreError as error:
                raise store_failure(error) from None
            else:
                click.echo(dumps(ingest_record(said, str(path))) if format_ == "json" else ingest_text(said, str(path)))
    finally:
        if bar is not None:
            bar(len(given), len(given))
        opened_store.close()
    return code


@click.group("store")
def store_group() -> None:
    """What is in a store, and taking a file out again."""


@store_group.command("list")
@click.argument("store", type=FILE)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_command(store: Path, format_: str) -> int:
    """Show the files that are in."""
    from bitewing.policies.store import Store, StoreError
    from bitewing.records import dumps
    from bitewing.store_text import file_record, file_text

    try:
        for one in Store.open(store).files():
            click.echo(dumps(file_record(one)) if format_ == "json" else file_text(one))
    except StoreError as error:
        raise store_failure(error) from None
    return Exit.DONE


@store_group.command("remove")
@click.argument("store", type=FILE)
@click.argument("file", metavar="FILE|HASH")
def remove_command(store: Path, file: str) -> int:
    """Take a file out again, by its path, its SHA-256 (8 digits or more) or its name."""
    from bitewing.policies.store import Store, StoreError
    from bitewing.store_text import file_text

    try:
        gone = Store.open(store).remove(file)
    except StoreError as error:
        raise store_failure(error) from None
    click.echo(f"removed  {file_text(gone)}")
    return Exit.DONE


class _Later(click.ClickException):
    exit_code = Exit.TEMPORARY


def store_failure(error: Exception) -> click.ClickException:
    """What a StoreError ends with: 75 where running again may help, else 2."""
    return _Later(str(error)) if getattr(error, "retry", False) else usage(error)
