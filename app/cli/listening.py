"""Where a process listens."""

import socket
from typing import Final

from app.errors import ConfigurationError

_HANDLES: Final = 8


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; ConfigurationError says why there is none, before anything has started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    listener.set_inheritable(True)
    return listener


def handles(listener: socket.socket) -> list[socket.socket]:
    """Return the listening socket several times over: uvloop takes one connection of each at a turn.

    With a single one, software that opens many at once waits for seconds just when the loop is busy.
    """
    return [listener, *(listener.dup() for _ in range(_HANDLES - 1))]
