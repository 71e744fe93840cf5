"""The gate before every request: the token, the errors, the counting. Behind it nothing can answer with a traceback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bitewing.serve.metrics import Metrics
from bitewing.serve.problem import Problem
from bitewing.serve.serving import Serving

OPEN = frozenset({"/", "/page.js", "/page.css", "/healthz", "/readyz"})
"""What is answered without a token: nothing in it is about a file."""
CORE = frozenset({"/core/soap", "/core/mime", "/core/wsdl"})
"""What asks for user and password inside of its envelopes."""
_SAFE = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"),
]


class Gate:
    """An application behind its gate. say: takes a line for the operator."""

    def __init__(self, app: ASGIApp, serving: Serving, metrics: Metrics, say: Callable[[str], None]) -> None:
        self._app, self._serving, self._metrics, self._say = app, serving, metrics, say
        self._open = OPEN | CORE if serving.outbox is not None else OPEN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_SAFE]
            await send(message)

        try:
            headers = dict(scope["headers"])
            if scope["path"] not in self._open and not self._serving.knows(headers.get(b"authorization", b"")):
                raise Problem(HTTPStatus.UNAUTHORIZED, "send the token: Authorization: Bearer TOKEN")
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:
            if status:
                return  # it had begun to answer; the connection ends
            await self._problem(error).response()(scope, receive, sending)
        finally:
            self._metrics.request(status, time.perf_counter() - begun)

    def _problem(self, error: Exception) -> Problem:
        if isinstance(error, Problem):
            return error
        if isinstance(error, HTTPException):
            return Problem(error.status_code, HTTPStatus(error.status_code).phrase)
        self._say(f"a request failed ({type(error).__name__})")
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of the software; the file is as it was")


async def body_of(request: Request, serving: Serving) -> bytes:
    """The body of a request. Raises Problem where it is too large or comes too slowly."""
    most = serving.policy.limits.most_bytes
    too_large = Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {most} bytes are taken")
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said[:20]) > most:
        raise too_large
    pieces, size = [], 0
    try:
        async with asyncio.timeout(serving.body_seconds):
            async for piece in request.stream():
                size += len(piece)
                if size > most:
                    raise too_large
                pieces.append(piece)
    except TimeoutError:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly") from None
    return b"".join(pieces)
