"""Where a name leads: looked up once for all who connect at the same time, and believed for some seconds."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from aiohappyeyeballs import AddrInfoType

_BELIEVED_SECONDS: Final = 10.0


class Addresses:
    """The addresses behind one name.

    Each look-up takes a thread, of which there are few: many connections made at once would wait behind
    each other for the same answer.
    """

    def __init__(self, look_up: Callable[[], Awaitable[Sequence[AddrInfoType]]]) -> None:
        self._look_up = look_up
        self._known: Sequence[AddrInfoType] = ()
        self._good_until = float("-inf")
        self._asking: asyncio.Task[Sequence[AddrInfoType]] | None = None

    async def get(self) -> Sequence[AddrInfoType]:
        """Return the addresses; raises as the look-up does, and what failed is not remembered."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._good_until:
            return self._known
        if self._asking is None:
            self._asking = loop.create_task(self._ask())
            self._asking.add_done_callback(self._answered)
        # Shielded: a lookup that runs out of time must not end what the others wait for.
        return await asyncio.shield(self._asking)

    def forget(self) -> None:
        """Look up anew next time: nobody was there."""
        self._good_until = float("-inf")

    async def _ask(self) -> Sequence[AddrInfoType]:
        self._known = await self._look_up()
        self._good_until = asyncio.get_running_loop().time() + _BELIEVED_SECONDS
        return self._known

    def _answered(self, asking: asyncio.Task[Any]) -> None:
        self._asking = None
        # When everybody who waited has left, asyncio would otherwise log the failure as never retrieved.
        if not asking.cancelled():
            asking.exception()


async def look_up(host: str, port: int) -> Sequence[AddrInfoType]:
    """Return what the system's resolver says; raises OSError, and UnicodeError for what is no name."""
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
