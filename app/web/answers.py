"""Answers in JSON, made without what Starlette's own looks at for every kind of answer there is."""

from typing import Final

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

WHOLE_ANSWER: Final = "dancu.whole_answer"
"""The ASGI extension of our own server (app.web.serving): `http.response.start` may carry the `body`, too."""
_JSON: Final = (b"content-type", b"application/json")


class JsonAnswer(Response):
    """A 200 in JSON; *headers*, as ASGI writes them, come before those of its content."""

    def __init__(self, body: object, *headers: tuple[bytes, bytes]) -> None:
        # Not Starlette's constructor: it sets the same, by way of questions that have one answer here.
        self.status_code = 200
        self.background = None
        self.body = content = orjson.dumps(body)
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(content)), _JSON]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, in one message where the server takes it so."""
        if WHOLE_ANSWER not in (scope.get("extensions") or ()) or self.background is not None:
            await super().__call__(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
                "body": self.body,
            }
        )
