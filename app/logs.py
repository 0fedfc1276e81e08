"""Logs as JSON lines of an allow-list: named events and named fields; nothing a person is known by."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from enum import StrEnum
from types import FrameType, TracebackType
from typing import Any, Final, TextIO

import structlog

from app.clock import SystemClock, rfc3339


class LogEvent(StrEnum):
    """Every line's `event`; a line with any other event is withheld and reported as such."""

    STARTED = "gateway.started"
    STOPPED = "gateway.stopped"
    REQUEST_SERVED = "request.served"
    REQUEST_FAILED = "request.failed"
    AUDIT_UNREACHABLE = "audit.unreachable"
    AUDIT_REFUSED = "audit.refused"
    AUDIT_DOUBTFUL = "audit.doubtful"
    MONTH_KEY_MISSING = "audit.month_key_missing"
    INTENTS_CLOSED = "audit.intents_closed"
    RECONCILER_FAILED = "audit.reconciler_failed"
    DIRECTORY_LOADED = "directory.loaded"
    DIRECTORY_UNREACHABLE = "directory.unreachable"
    SOURCE_FAILED = "source.failed"
    LIBRARY = "library.message"
    WITHHELD = "log.withheld"


ALLOWED_FIELDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "code": str,
    "count": int,
    "duration_ms": int,
    "error": str,
    "fields": str,
    "line": int,
    "lookup_id": str,
    "message": str,
    "method": str,
    "module": str,
    "month": str,
    "outcome": str,
    "place": str,
    "reason": str,
    "request_id": str,
    "road": str,
    "route": str,
    "sqlstate": str,
    "status": int,
    "version": int,
}
"""Names a line may carry, each with its type; a value of another type is withheld."""

_ALWAYS: Final = frozenset({"event", "level", "time", "frames"})
_TRUSTED_TEMPLATES: Final = frozenset({"uvicorn.error"})
EventDict = MutableMapping[str, Any]


def configure_logging(stream: TextIO = sys.stdout, *, level: int = logging.INFO) -> None:
    """Send our own lines and every library's to *stream*, all through the allow-list."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            _describe_error,
            _keep_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.root
    root.handlers = [_LibraryHandler()]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.root.manager.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.root.manager.getLogger("uvicorn.error").setLevel(logging.INFO)
    logging.root.manager.getLogger("uvicorn.access").disabled = True
    sys.excepthook = _log_uncaught


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of module *name*."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger


def _keep_allowed(_: object, __: str, event: EventDict) -> EventDict:
    """Drop whatever is not on the lists; say where it came from, never what it was."""
    withheld = not isinstance(event.get("event"), LogEvent)
    kept: EventDict = {"time": rfc3339(SystemClock().now()), "level": event.get("level", "info")}
    for name, value in event.items():
        if name in _ALWAYS:
            continue
        if isinstance(value, ALLOWED_FIELDS.get(name, ())):
            kept[name] = value
        else:
            withheld = True
    if isinstance(event.get("frames"), list):
        kept["frames"] = event["frames"]
    kept["event"] = LogEvent.WITHHELD.value if withheld else event["event"].value
    if withheld:
        kept["place"] = _caller()
    return kept


def _describe_error(_: object, __: str, event: EventDict) -> EventDict:
    """Turn an exception into its type and the lines of code it passed; messages may carry persons."""
    info = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else sys.exc_info()[1]
        if error is not None:
            event["error"] = type(error).__name__
            event["frames"] = _frames(error.__traceback__)
    return event


def _frames(trace: TracebackType | None) -> list[str]:
    frames = []
    while trace is not None:
        frames.append(_place(trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return frames


def _place(frame: FrameType, line: int) -> str:
    return f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"


def _caller() -> str:
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - the only way to name the caller
    while frame is not None and _is_logging(str(frame.f_globals.get("__name__"))):
        frame = frame.f_back
    return _place(frame, frame.f_lineno) if frame is not None else "?"


def _is_logging(module: str) -> bool:
    return module == __name__ or module.split(".", maxsplit=1)[0] in {"structlog", "logging"}


class _LibraryHandler(logging.Handler):
    """What libraries log: where and how bad; the text only where it is a template known to be constant."""

    def emit(self, record: logging.LogRecord) -> None:
        event: EventDict = {"module": record.name, "line": record.lineno}
        if record.name in _TRUSTED_TEMPLATES and isinstance(record.msg, str):
            event["message"] = record.msg
        if record.exc_info:
            event["exc_info"] = record.exc_info[1]
        level = min(record.levelno, logging.CRITICAL)
        structlog.get_logger().log(level, LogEvent.LIBRARY, **event)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    get_logger(__name__).critical(LogEvent.REQUEST_FAILED, exc_info=error.with_traceback(trace))
