"""What Python and the libraries have to say: where and how bad, in no words that might quote anybody."""

import logging
import re
import sys
import threading
from types import TracebackType
from typing import Final, TextIO

import structlog

from app.logs.allowed import Frames, Saying
from app.logs.events import LogEvent
from app.logs.lines import EventDict
from app.logs.writing import get_logger

_SAYINGS: Final = frozenset(
    {
        "Started server process [%d]",
        "Waiting for application startup.",
        "Application startup complete.",
        "Application startup failed. Exiting.",
        "Uvicorn running on %s://%s:%d (Press CTRL+C to quit)",
        "Shutting down",
        "Waiting for connections to close. (CTRL+C to force quit)",
        "Waiting for background tasks to complete. (CTRL+C to force quit)",
        "Cancel %s running task(s), timeout graceful shutdown exceeded",
        "Waiting for application shutdown.",
        "Application shutdown complete.",
        "Application shutdown failed. Exiting.",
        "Finished server process [%d]",
        "Invalid HTTP request received.",
        "Exception in ASGI application\n",
    }
)
"""What uvicorn says in words of its own; anything else of it may quote a request or a start-up's error."""

_LEVELS: Final = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
_TRACE_LINE: Final = re.compile(
    r'^  File "[^"]*?(\w+)\.py", line ([0-9]+), in (\w+)$', re.ASCII | re.MULTILINE
)
_TRACE_END: Final = re.compile(
    r"^([A-Za-z_][\w.]{0,80}(?:Error|Exception))(?:: (.*))?$", re.ASCII | re.MULTILINE
)
_OUR_OWN: Final = "app.errors.ConfigurationError"
_LOGS: Final = "app.logs"


class LibraryHandler(logging.Handler):
    """What libraries log: where and how bad; the text only where it is known word for word."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say that *record* came, and what of it may be said."""
        event: EventDict = {"module": record.name, "line": record.lineno}
        if isinstance(record.msg, str) and record.msg in _SAYINGS:
            event["message"] = Saying(record.msg)
        elif record.name == "uvicorn.error" and not record.args:
            event.update(_traceback_parts(str(record.msg)))
        if record.exc_info:
            event["exc_info"] = record.exc_info[1]
        structlog.get_logger().log(_named_level(record.levelno), LogEvent.LIBRARY, **event)


def _traceback_parts(text: str) -> EventDict:
    """Return what may be said of a failed start-up, which uvicorn hands over as its traceback's text."""
    parts: EventDict = {}
    if frames := _TRACE_LINE.findall(text):
        parts["frames"] = Frames(f"{module}:{line} {name}" for module, line, name in frames)
    if errors := _TRACE_END.findall(text):
        name, words = errors[-1]
        parts["error"] = name
        if name == _OUR_OWN:  # names a variable, never its value
            parts["message"] = Saying(words)
    return parts


def _named_level(number: int) -> int:
    """Return the nearest level below that has a name: structlog knows no others."""
    return next((level for level in _LEVELS if level <= number), logging.DEBUG)


def log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what nobody caught, but for an operator's interruption."""
    if issubclass(kind, KeyboardInterrupt):
        return
    get_logger(_LOGS).critical(LogEvent.REQUEST_FAILED, exc_info=error.with_traceback(trace))


def log_uncaught_in_thread(hook: threading.ExceptHookArgs) -> None:
    """Log what nobody caught in a thread."""
    if hook.exc_value is not None:
        get_logger(_LOGS).critical(LogEvent.REQUEST_FAILED, exc_info=hook.exc_value)


def log_unraisable(hook: "sys.UnraisableHookArgs") -> None:
    """Log what nobody could catch, as in a finaliser."""
    get_logger(_LOGS).error(LogEvent.LIBRARY, exc_info=hook.exc_value)


def log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Log a warning's category and place."""
    del message, file, line  # its text may quote a value, as Pydantic's does
    module = re.sub(r"[^A-Za-z0-9_]", "_", filename.rpartition("/")[2].removesuffix(".py"))
    get_logger(_LOGS).warning(LogEvent.LIBRARY, error=category.__name__, place=f"{module}:{lineno} ?")
