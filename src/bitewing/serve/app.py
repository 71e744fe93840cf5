"""The application: its routes, and what each does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bitewing.hook.modes import Mode
from bitewing.hook.numbers import Numbers
from bitewing.hook.process import process
from bitewing.serve.gate import Gate, body_of
from bitewing.serve.metrics import Metrics
from bitewing.serve.problem import Problem
from bitewing.serve.replies import EDI, JSON, claims_json, headers_of, outcome_json, verdict_lines
from bitewing.serve.serving import Serving
from bitewing.serve.work import Asked, Done, Work

T = TypeVar("T")
_HERE = Path(__file__).parent
_GRACE = 2.0
_LONGEST_KEY = 255
_PAGES = {
    "/": ("page.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}


class _Service:
    def __init__(self, serving: Serving, metrics: Metrics) -> None:
        self._serving, self._metrics = serving, metrics
        self._work = Work(serving)
        self._pool = ThreadPoolExecutor(serving.threads, "bitewing")
        self._asked = 0

    async def _in_thread(self, call: Callable[[], T]) -> T:
        """Do it in a thread, or say that there are too many already. What never ends is given up on."""
        serving = self._serving
        if self._asked >= serving.threads + serving.waiting:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once", retry=1)
        self._asked += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, call)
        future.add_done_callback(self._freed)
        seconds = serving.policy.limits.seconds * (1 + self._asked // serving.threads) + _GRACE
        try:
            return await asyncio.wait_for(asyncio.shield(future), seconds)
        except TimeoutError:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "it was not done in time", retry=5) from None

    def _freed(self, future: asyncio.Future[T]) -> None:
        self._asked -= 1
        if not future.cancelled():
            future.exception()  # it was told already, or nobody waits for it any more

    async def process(self, request: Request) -> Response:
        """POST /v1/process: what goes on, as EDI or with everything in JSON, as it was asked."""
        asked, kind = await self._asked_for(request)
        done = await self._in_thread(partial(self._work.do, asked))
        return self._reply(done, request.headers.get("accept", ""), kind)

    def _reply(self, done: Done, accept: str, kind: str) -> Response:
        outcome = done.outcome
        self._metrics.file(outcome.verdict, outcome.claims, outcome.bytes_in, alert=outcome.alert)
        wanted = JSON if JSON in accept else EDI if EDI in accept else kind
        if wanted == JSON:
            return JSONResponse(outcome_json(outcome, done.run), headers=headers_of(done))
        return Response(outcome.data, headers=headers_of(done), media_type=EDI)

    async def validate(self, request: Request) -> Response:
        """POST /v1/validate: the records of ``bitewing validate``."""
        asked, _ = await self._asked_for(request)
        lines = await self._in_thread(partial(verdict_lines, asked.data))
        return JSONResponse([json.loads(line) for line in lines.splitlines()])

    async def preview(self, request: Request) -> Response:
        """POST /v1/preview: for the page. Nothing is written down and nothing goes anywhere."""
        asked, _ = await self._asked_for(request)
        return JSONResponse(await self._in_thread(partial(self._look, asked.data)))

    def _look(self, data: bytes) -> dict[str, object]:
        policy, clock = self._serving.policy, self._serving.clock
        outcome = process(data, policy=policy, mode=Mode.APPLY, clock=clock, ids=Numbers(1))
        return outcome_json(outcome) | {"claims": claims_json(data, outcome.data)}

    async def _asked_for(self, request: Request) -> tuple[Asked, str]:
        """The file, and of which kind the request is. Raises Problem."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        key = request.headers.get("idempotency-key", "")
        if len(key) > _LONGEST_KEY:
            raise Problem(HTTPStatus.BAD_REQUEST, f"an Idempotency-Key has at most {_LONGEST_KEY} characters")
        if kind not in (EDI, JSON):
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {EDI}, or {JSON} with the file under edi")
        body = await body_of(request, self._serving)
        mode: object = request.query_params.get("mode")
        if kind == JSON:
            body, said = _from_json(body)
            mode = mode or said
        if mode is not None and mode not in list(Mode):
            raise Problem(HTTPStatus.BAD_REQUEST, f"mode is one of {', '.join(Mode)}")
        return Asked(body, Mode(str(mode)) if mode is not None else None, f"http {key}" if key else ""), kind

    def core(self) -> list[Route]:
        """The routes of CORE, none where it is not offered."""
        serving = self._serving
        if serving.outbox is None or serving.acks is None:
            return []
        from bitewing.serve.core.outbox import Outbox
        from bitewing.serve.core.results import Results
        from bitewing.serve.core.routes import routes
        from bitewing.serve.core.service import Core

        outbox, results = Outbox(serving.outbox, serving.acks), Results(serving.results, self._work)
        certified = serving.client_ca is not None
        core = Core(self._work, outbox, results, serving.user, serving.token, certified=certified)
        return routes(core, serving, self._in_thread)

    async def healthz(self, _: Request) -> Response:
        """GET /healthz: the process answers."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _: Request) -> Response:
        """GET /readyz: a file could be processed now."""
        await self._in_thread(self._work.ready)
        return PlainTextResponse("ok\n")

    async def metrics(self, _: Request) -> Response:
        """GET /metrics."""
        return PlainTextResponse(self._metrics.text(), media_type="text/plain; version=0.0.4")


def _from_json(body: bytes) -> tuple[bytes, object]:
    """The file and the mode of a JSON request. Raises Problem."""
    try:
        said = json.loads(body)
        edi = said["edi"]
        return edi.encode("latin-1"), said.get("mode")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        detail = 'the body is not {"edi": "...", "mode": "..."}; edi is Latin-1, a character a byte'
        raise Problem(HTTPStatus.BAD_REQUEST, detail) from None


async def _page(request: Request) -> Response:
    name, kind = _PAGES[request.url.path]
    return Response((_HERE / name).read_bytes(), media_type=f"{kind}; charset=utf-8")


def application(serving: Serving, metrics: Metrics, say: Callable[[str], None]) -> Gate:
    """The server as an ASGI application."""
    service = _Service(serving, metrics)
    routes = [
        Route("/v1/process", service.process, methods=["POST"]),
        Route("/v1/validate", service.validate, methods=["POST"]),
        Route("/v1/preview", service.preview, methods=["POST"]),
        Route("/healthz", service.healthz),
        Route("/readyz", service.readyz),
        Route("/metrics", service.metrics),
        *(Route(path, _page) for path in _PAGES),
        *service.core(),
    ]

    async def passing(_: Request, error: Exception) -> Response:
        raise error  # to the gate

    handlers = {Exception: passing, HTTPStatus.NOT_FOUND: passing, HTTPStatus.METHOD_NOT_ALLOWED: passing}
    return Gate(Starlette(routes=routes, exception_handlers=handlers), serving, metrics, say)
