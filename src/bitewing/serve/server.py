"""The server: a socket, some processes, and patience that ends."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import ssl
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bitewing.exits import Exit
from bitewing.serve.app import application
from bitewing.serve.metrics import Metrics
from bitewing.serve.serving import Serving

_LONGEST_HEAD = 32 << 10
_BREATH = 0.5


class _Impatient(H11Protocol):
    """Ends a connection whose request does not come: the head of one must be there in time."""

    head_seconds = 10.0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._between():
            if self._waiting is None:
                self._wait()
        elif self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        super().connection_lost(exc)

    def _between(self) -> bool:
        """Whether no request is at hand."""
        cycle: Any = self.cycle  # None until there is a request, whatever its type says
        return cycle is None or cycle.response_complete

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self.head_seconds, self._late)

    def _late(self) -> None:
        self._waiting = None
        if self._between():
            self.transport.close()


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(512)
        found.set_inheritable(True)
    except BaseException:
        found.close()
        raise
    return found


def serve(
    serving: Serving, listener: socket.socket, processes: int, say: Callable[[str], None], graceful: int = 10
) -> Exit:
    """Answer until SIGTERM or SIGINT; then finish what is at hand, for at most ``graceful`` seconds."""
    metrics = Metrics(processes)
    context = multiprocessing.get_context("fork")

    def begin(number: int) -> Any:
        one = context.Process(target=_answer, args=(serving, listener, metrics, number, say, graceful))
        one.start()
        return one

    stopping = False

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    running = [begin(number) for number in range(processes)]
    while not stopping:
        for number, process in enumerate(running):
            process.join(_BREATH / processes)
            if not process.is_alive() and not stopping:
                say(f"a process ended ({process.exitcode}) and is begun again")
                running[number] = begin(number)
    _end(running, graceful + 5)
    return Exit.DONE


def _end(running: list[Any], seconds: float) -> None:
    """Tell processes to end until they do: one that has only begun may not listen yet."""
    until = time.monotonic() + seconds
    while any(one.is_alive() for one in running) and time.monotonic() < until:
        for one in running:
            one.terminate()
        for one in running:
            one.join(_BREATH / len(running))
    for one in running:
        if one.is_alive():
            one.kill()
        one.join()


def _answer(
    serving: Serving,
    listener: socket.socket,
    metrics: Metrics,
    number: int,
    say: Callable[[str], None],
    graceful: int,
) -> None:
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, signal.SIG_DFL)  # until the server sets its own
    metrics.process = number
    certificate, key = serving.tls or (None, None)
    protocol = type("Impatient", (_Impatient,), {"head_seconds": serving.head_seconds})
    config = uvicorn.Config(
        application(serving, metrics, say),
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        limit_concurrency=1000,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=graceful,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_ca_certs=str(serving.client_ca) if serving.client_ca is not None else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if serving.client_ca is not None else ssl.CERT_NONE,
    )
    uvicorn.Server(config).run(sockets=[listener])
    os._exit(0)  # a thread that never ends must not keep the process
