"""A request's body that is here already: nobody need wait for it, nor limit how long."""

from collections.abc import Generator

from starlette.types import Message


class ArrivedBody:
    """What our own server's `receive` gives where the body has arrived whole; anybody may await it."""

    __slots__ = ("body",)

    def __init__(self, body: bytes) -> None:
        """Hold the whole *body*."""
        self.body = body

    def __await__(self) -> Generator[None, None, Message]:
        """Return the one message of the body, as `receive` of any server does."""
        yield from ()
        return {"type": "http.request", "body": self.body, "more_body": False}
