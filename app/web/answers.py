"""Answers in JSON, made without what Starlette's own looks at for every kind of answer there is."""

from typing import Final

import orjson
from starlette.responses import Response

_JSON: Final = (b"content-type", b"application/json")


class JsonAnswer(Response):
    """A 200 in JSON; *headers*, as ASGI writes them, come before those of its content."""

    def __init__(self, body: object, *headers: tuple[bytes, bytes]) -> None:
        # Not Starlette's constructor: it sets the same, by way of questions that have one answer here.
        self.status_code = 200
        self.background = None
        self.body = content = orjson.dumps(body)
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(content)), _JSON]
