"""Where lines are written: by a module's logger, or at once for the many requests that were served."""

from collections.abc import Callable
from typing import Final, TextIO

import structlog

from app.clock import Stamps
from app.logs.allowed import LARGEST, UUID_SHAPE, are_allowed
from app.logs.events import LogEvent

_SERVING: Final = "app.web.context"


class _ServedLog:
    """Where lines of requests go; nowhere of their own before logging is configured, or below its level."""

    write: Callable[[str], object] | None = None
    stamps: Final = Stamps()


served: Final = _ServedLog()


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of module *name*."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger


def log_served(*, request_id: str, method: str, route: str, status: int, duration_ms: int) -> None:
    """Write the line of a request that was served: to the byte what a logger would, at much less cost."""
    is_allowed = (
        are_allowed(method, route)
        and UUID_SHAPE.fullmatch(request_id) is not None
        and type(status) is int
        and type(duration_ms) is int
        and 0 <= status < LARGEST > duration_ms >= 0
    )
    if served.write is None or not is_allowed:
        get_logger(_SERVING).info(
            LogEvent.REQUEST_SERVED,
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            duration_ms=duration_ms,
        )
        return
    served.write(
        f'{{"duration_ms":{duration_ms},"event":"request.served","level":"info","method":"{method}"'
        f',"module":"{_SERVING}","request_id":"{request_id}","route":"{route}","status":{status}'
        f',"time":"{served.stamps.now()}"}}\n'
    )


class LossyStream:
    """Loses lines that cannot be written: a full disk or a closed pipe must not end a lookup half-way."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write what can be written."""
        try:  # noqa: SIM105 - "suppress" costs more than what it surrounds, at every request
            self._stream.write(text)
        except (OSError, ValueError):
            pass

    def write_through(self, line: str) -> None:
        """Write a whole line, so that no other thread's is in its midst, and flush it."""
        try:
            self._stream.write(line)
            self._stream.flush()
        except (OSError, ValueError):
            pass

    def flush(self) -> None:
        """Flush what can be flushed."""
        try:  # noqa: SIM105 - as above
            self._stream.flush()
        except (OSError, ValueError):
            pass
