"""``bitewing serve``: the hook over HTTP."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bitewing.cli.options import FILE, temporary, usage
from bitewing.cli.processing import MODES, doing_of, processing_options
from bitewing.exits import Exit
from bitewing.hook.modes import Mode

TOKEN = "BITEWING_TOKEN"
"""The variable that may hold the token."""
_SHORTEST = 16
_SECONDS = click.FloatRange(min=0, min_open=True)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8837, show_default=True, help="0 for any that is free.")
@click.option("--token-file", type=FILE, metavar="FILE", help=f"The token that requests bear; else {TOKEN} holds it.")
@click.option("--ledger", type=FILE, metavar="FILE", required=True, help="The ledger of runs; on a local disk.")
@click.option("--acks", type=FILE, metavar="DIR", help="Also write the answers into this folder.")
@click.option("--quarantine", type=FILE, metavar="DIR", help="Also write what is set aside into this folder.")
@click.option("--core", "outbox", type=FILE, metavar="DIR", help="Offer CORE; what goes on is put into this folder.")
@click.option("--core-results", "results", type=FILE, metavar="DIR", help="Remittances to be fetched over CORE.")
@click.option("--core-user", default="bitewing", show_default=True, help="Who sends over CORE.")
@click.option("--tls-cert", type=FILE, metavar="FILE", help="Speak TLS with this certificate (PEM).")
@click.option("--tls-key", type=FILE, metavar="FILE", help="Its key; without a passphrase.")
@click.option(
    "--client-ca", type=FILE, metavar="FILE", help="Whoever comes shows a certificate signed by one of these."
)
@click.option("--mode", type=click.Choice(MODES), help="At most this, and this where nothing else is said.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="Files at once in each.")
@click.option("--waiting", type=click.IntRange(0), default=64, show_default=True, help="Requests that may wait.")
@click.option("--body-seconds", type=_SECONDS, default=15.0, show_default=True, help="For a body to arrive.")
@click.option("--graceful", type=click.IntRange(0), default=10, show_default=True, help="Seconds to end in.")
@processing_options
def serve_command(
    host: str,
    port: int,
    token_file: Path | None,
    ledger: Path,
    acks: Path | None,
    quarantine: Path | None,
    outbox: Path | None,
    results: Path | None,
    core_user: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    client_ca: Path | None,
    mode: str | None,
    processes: int,
    threads: int,
    waiting: int,
    body_seconds: float,
    graceful: int,
    **options: Any,
) -> int:
    """Process files that are sent over HTTP. Needs the extra: pip install 'bitewing[serve]'."""
    try:
        from bitewing.serve.server import listening, serve
        from bitewing.serve.serving import Serving
    except ModuleNotFoundError as error:
        raise usage(f"serve needs {error.name}: pip install 'bitewing[serve]'") from None
    from bitewing.hook.ledger import Ledger, LedgerError

    doing = doing_of(options)
    if outbox is not None and acks is None:
        raise usage("--core needs a folder in which answers wait to be fetched: add --acks DIR")
    if results is not None and outbox is None:
        raise usage("--core-results belongs to CORE: add --core DIR")
    for folder in (acks, quarantine, outbox, results):
        if folder is not None and not folder.is_dir():
            raise usage(f"{folder}: there is no such folder; make it first")
    if doing.sets_aside and quarantine is None:
        raise usage("--split, --mandatory and the like set things aside: say where, with --quarantine DIR")
    token = _token(token_file)
    tls = _tls(tls_cert, tls_key, client_ca)
    try:
        Ledger(ledger).close()
    except LedgerError as error:
        raise (temporary if error.retry else usage)(error) from None
    try:
        listener = listening(host, port)
    except OSError as error:
        raise usage(f"{host}:{port}: {error.strerror}; choose another place to listen") from None
    serving = Serving(
        doing.policy,
        ledger.resolve(),
        token,
        lambda: datetime.now(UTC),
        Mode(mode) if mode else None,
        doing.control,
        acks,
        quarantine,
        body_seconds,
        min(10.0, body_seconds),
        threads,
        waiting,
        outbox,
        core_user,
        results=results,
        tls=tls,
        client_ca=client_ca,
    )
    with listener:
        place = f"[{host}]" if ":" in host else host
        _say(f"listening on http{'s' if tls else ''}://{place}:{listener.getsockname()[1]}")
        return Exit(serve(serving, listener, processes, _say, graceful))


def _tls(certificate: Path | None, key: Path | None, client_ca: Path | None) -> tuple[Path, Path] | None:
    """Certificate and key of the server, None for plain HTTP. Raises ClickException (2)."""
    import ssl

    if certificate is None or key is None:
        if certificate is not None or key is not None or client_ca is not None:
            raise usage("TLS needs both --tls-cert FILE and --tls-key FILE; --client-ca is of no use without them")
        return None
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, lambda: b"")
        if client_ca is not None:
            context.load_verify_locations(client_ca)
    except OSError as error:  # an SSLError is one
        reason = error.strerror or type(error).__name__
        raise usage(f"certificate, key or CA cannot be used: {reason}; give PEM files that belong together") from None
    return certificate, key


def _token(path: Path | None) -> bytes:
    """The token. Raises ClickException (2)."""
    try:
        said = path.read_bytes().strip() if path is not None else os.environ.get(TOKEN, "").encode()
    except OSError as error:
        raise usage(f"{path}: it cannot be read: {error.strerror}; check the name") from None
    if len(said) < _SHORTEST or any(one <= 32 or one > 126 for one in said):
        wanted = f"{_SHORTEST} visible characters or more"
        raise usage(f"the token must have {wanted}; give --token-file FILE or set {TOKEN}")
    return said


def _say(line: str) -> None:
    click.echo(f"bitewing: {line}", err=True)
