"""The routes of CORE: SOAP, MIME and the WSDL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitewing.serve.core import mime, soap
from bitewing.serve.core.envelope import EnvelopeError, Reply, Said
from bitewing.serve.core.operations import ERROR_TYPE, OPERATIONS, Operation
from bitewing.serve.core.parts import NoParts
from bitewing.serve.core.service import Core
from bitewing.serve.core.wsdl import wsdl
from bitewing.serve.gate import body_of
from bitewing.serve.problem import Problem
from bitewing.serve.serving import Serving

InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


def routes(core: Core, serving: Serving, in_thread: InThread) -> list[Route]:
    """The routes. in_thread: does a call in a thread."""

    def fields(reply: Reply, operation: Operation, said: Said) -> dict[str, str]:
        return reply.fields(said, operation.mode, serving.clock().astimezone(UTC))

    async def over_soap(request: Request) -> Response:
        kind = request.headers.get("content-type", "")
        body = await body_of(request, serving)
        try:
            asked = await in_thread(partial(soap.read, body, kind))
        except soap.SoapFault as error:
            return Response(soap.fault(error), HTTPStatus.BAD_REQUEST, media_type=soap.TYPE)
        except EnvelopeError as error:
            reply, operation = Reply(ERROR_TYPE, b"", error.code, error.message), OPERATIONS["RealTimeTransaction"]
            written = soap.written(operation, fields(reply, operation, Said({}, None)), reply, mtom=False)
            return Response(written[0], media_type=written[1])
        operation, said = asked.operation, asked.said
        reply = await in_thread(partial(core.answer, operation, said, asked.user, asked.password))
        answer, media = soap.written(operation, fields(reply, operation, said), reply, mtom=asked.mtom)
        return Response(answer, headers={"content-type": media})

    async def over_mime(request: Request) -> Response:
        body = await body_of(request, serving)
        try:
            asked = await in_thread(partial(mime.read, body, request.headers.get("content-type", "")))
        except NoParts:
            raise Problem(HTTPStatus.BAD_REQUEST, "the body is no multipart/form-data") from None
        reply = await in_thread(partial(core.answer, asked.operation, asked.said, asked.user, asked.password))
        answer, media = mime.written(asked.operation, fields(reply, asked.operation, asked.said), reply)
        return Response(answer, headers={"content-type": media})

    async def described(request: Request) -> Response:
        address = f"{request.url.scheme}://{request.headers.get('host', '')}/core/soap"
        return Response(wsdl(address), media_type="text/xml")

    return [
        Route("/core/soap", over_soap, methods=["POST"]),
        Route("/core/mime", over_mime, methods=["POST"]),
        Route("/core/wsdl", described),
    ]
