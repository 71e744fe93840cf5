"""Errors as application/problem+json (RFC 9457). Nothing of what was sent is repeated."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse


class Problem(Exception):
    """What ends a request. retry: seconds after which it may be tried again, 0 for never."""

    def __init__(self, status: int, detail: str, *, retry: int = 0) -> None:
        self.status, self.detail, self.retry = status, detail, retry
        super().__init__(detail)

    def response(self) -> JSONResponse:
        """It, as an answer."""
        headers = {"Retry-After": str(self.retry)} if self.retry else {}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        if self.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT):
            headers["Connection"] = "close"
        title = HTTPStatus(self.status).phrase
        content = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail}
        return JSONResponse(content, self.status, headers, "application/problem+json")
