"""Logs as JSON lines of an allow-list: named events and named fields; nothing a person is known by."""

import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, MutableMapping
from enum import StrEnum
from functools import lru_cache
from types import FrameType, TracebackType
from typing import Any, Final, TextIO

import orjson
import structlog

from app.clock import Stamps, SystemClock, rfc3339


class LogEvent(StrEnum):
    """Every line's `event`; a line with any other event is withheld and reported as such."""

    STARTED = "gateway.started"
    STOPPED = "gateway.stopped"
    WORKER_STARTED = "worker.started"
    WORKER_STOPPED = "worker.stopped"
    REQUEST_SERVED = "request.served"
    REQUEST_FAILED = "request.failed"
    AUDIT_UNREACHABLE = "audit.unreachable"
    AUDIT_REFUSED = "audit.refused"
    AUDITOR_ALERTED = "audit.auditor_alerted"
    AUDIT_DOUBTFUL = "audit.doubtful"
    STANDBYS_MISSING = "audit.standbys_missing"
    STANDBYS_BACK = "audit.standbys_back"
    MONTH_KEY_MISSING = "audit.month_key_missing"
    WRITER_KEY_MISSING = "audit.writer_key_missing"
    HEADROOM_LOW = "audit.headroom_low"
    HEADROOM_BACK = "audit.headroom_back"
    CERTIFICATE_ENDING = "road.certificate_ending"
    CERTIFICATE_UNSEEN = "road.certificate_unseen"
    CREDENTIALS_ENDING = "accounts.credentials_ending"
    INTENTS_CLOSED = "audit.intents_closed"
    RECONCILER_FAILED = "audit.reconciler_failed"
    SEQUENCER_LEADS = "audit.sequencer_leads"
    SEQUENCER_FAILED = "audit.sequencer_failed"
    TREE_UNREADABLE = "audit.tree_unreadable"
    CHECKPOINT_REFUSED = "audit.checkpoint_refused"
    CHAIN_GAP = "audit.chain_gap"
    PARTITION_MISSING = "audit.partition_missing"
    PARTITIONS_MADE = "audit.partitions_made"
    PARTITIONS_FAILED = "audit.partitions_failed"
    SIGNER_STARTED = "signer.started"
    SIGNER_STOPPED = "signer.stopped"
    WITNESS_COSIGNS = "audit.witness_cosigns"
    WITNESS_FAILED = "audit.witness_failed"
    WITNESS_SAW_ANOTHER_LOG = "audit.witness_saw_another_log"
    ANCHORING_CURRENT = "audit.anchoring_current"
    ANCHORING_LATE = "audit.anchoring_late"
    ANCHORING_STOPPED = "audit.anchoring_stopped"
    COUNTING_FAILED = "reports.counting_failed"
    RESETS_FAILED = "accounts.resets_failed"
    SWEPT = "sweeper.swept"
    SWEEPER_FAILED = "sweeper.failed"
    DIRECTORY_LOADED = "directory.loaded"
    DIRECTORY_UNREACHABLE = "directory.unreachable"
    ACCOUNTS_SUSPENDED = "accounts.suspended"
    LIFECYCLE_FAILED = "accounts.lifecycle_failed"
    SOURCE_FAILED = "source.failed"
    OVERLOADED = "gateway.overloaded"
    OVERLOAD_OVER = "gateway.overload_over"
    ROAD_OPENED = "road.opened"
    ROAD_ON_TRIAL = "road.on_trial"
    ROAD_CLOSED = "road.closed"
    PLANNED_STOPS_UNREADABLE = "road.planned_stops_unreadable"
    LIMITS_UNTOLD = "limits.untold"
    TOKEN_KEY_UNUSABLE = "token_key.unusable"  # noqa: S105 - an event's name
    RECEIPT_FAILED = "receipt.failed"
    SIGNING_KEY_UNUSABLE = "signing_key.unusable"
    LIBRARY = "library.message"
    WITHHELD = "log.withheld"


_WORD: Final = re.compile(r"(?!.*[0-9]{9})[a-z][a-z0-9_.-]{0,63}")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}")
_PLACE: Final = re.compile(r"[\w.<>?]{1,100}:[0-9]{1,6} [\w<>?]{1,100}", re.ASCII)
Shape = re.Pattern[str] | type[int]

ALLOWED_FIELDS: Final[Mapping[str, Shape]] = {
    "code": _WORD,
    "count": int,
    "days": int,
    "duration_ms": int,
    "error": re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}"),
    "fields": re.compile(r"(?:(?:/[a-z0-9_]+)+ ?)+"),
    "line": int,
    "lookup_id": _UUID,
    "minutes": int,
    "method": re.compile(r"[A-Z]{1,10}"),
    "module": re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}"),
    "month": re.compile(r"[0-9]{4}-[0-9]{2}"),
    "outcome": _WORD,
    "place": _PLACE,
    "reason": _WORD,
    "request_id": _UUID,
    "road": _WORD,
    "route": re.compile(r"unmatched|(?:/[a-z0-9_.:{}-]*)+"),
    "sqlstate": re.compile(r"[0-9A-Z]{5}"),
    "status": int,
    "used_percent": int,
    "version": int,
    "volume": re.compile(r"(?!.*[0-9]{9})/[A-Za-z0-9._/-]{0,199}"),
    "witness": re.compile(r"(?!.*[0-9]{9})[A-Za-z0-9._/-]{1,60}"),
}
"""Names a line may carry, each with the shape of its value; a value of another shape is withheld."""

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

_ALWAYS: Final = frozenset({"event", "level", "time"})
_LARGEST: Final = 10**8  # below every number a person is known by
_LEVELS: Final = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
_TRACE_LINE: Final = re.compile(
    r'^  File "[^"]*?(\w+)\.py", line ([0-9]+), in (\w+)$', re.ASCII | re.MULTILINE
)
_TRACE_END: Final = re.compile(
    r"^([A-Za-z_][\w.]{0,80}(?:Error|Exception))(?:: (.*))?$", re.ASCII | re.MULTILINE
)
_SERVING: Final = "app.web.context"
_OUR_OWN: Final = "app.errors.ConfigurationError"
EventDict = MutableMapping[str, Any]


class _ServedLog:
    """Where lines of requests go; nowhere of their own before logging is configured, or below its level."""

    write: Callable[[str], object] | None = None
    stamps: Final = Stamps()


_served: Final = _ServedLog()


class _Frames(list[str]):
    """Lines of code an exception passed; made here only, so that no caller's list is taken for them."""


class _Saying(str):
    """Words known not to quote anybody; made here only."""

    __slots__ = ()


def configure_logging(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send our own lines and every library's to *stream* (standard output), all through the allow-list."""
    lines: Any = _LossyStream(stream or sys.stdout)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            _describe_error,
            _keep_allowed,
            structlog.processors.JSONRenderer(_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(lines),
        cache_logger_on_first_use=False,
    )
    _served.write = lines.write_through if level <= logging.INFO else None
    root = logging.root
    root.handlers = [_LibraryHandler()]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.root.manager.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.root.manager.getLogger("uvicorn.error").setLevel(logging.INFO)
    logging.root.manager.getLogger("uvicorn.access").disabled = True
    sys.excepthook = _log_uncaught
    warnings.showwarning = _log_warning
    # The tests' runner has hooks of its own here, which fail the test; they stay.
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_uncaught_in_thread
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _log_unraisable


def _as_json(event: EventDict, **_: object) -> str:
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS).decode()


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of module *name*."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return logger


def log_served(*, request_id: str, method: str, route: str, status: int, duration_ms: int) -> None:
    """Write the line of a request that was served: to the byte what a logger would, at much less cost."""
    is_allowed = (
        _are_allowed(method, route)
        and _UUID.fullmatch(request_id) is not None
        and type(status) is int
        and type(duration_ms) is int
        and 0 <= status < _LARGEST > duration_ms >= 0
    )
    if _served.write is None or not is_allowed:
        get_logger(_SERVING).info(
            LogEvent.REQUEST_SERVED,
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            duration_ms=duration_ms,
        )
        return
    _served.write(
        f'{{"duration_ms":{duration_ms},"event":"request.served","level":"info","method":"{method}"'
        f',"module":"{_SERVING}","request_id":"{request_id}","route":"{route}","status":{status}'
        f',"time":"{_served.stamps.now()}"}}\n'
    )


def _keep_allowed(_: object, __: str, event: EventDict) -> EventDict:
    """Drop whatever is not on the lists; say where it came from, never what it was."""
    withheld = not isinstance(event.get("event"), LogEvent)
    kept: EventDict = {"time": rfc3339(SystemClock().now()), "level": event.get("level", "info")}
    for name, value in event.items():
        if name in _ALWAYS:
            continue
        if _is_allowed(name, value):
            kept[name] = value
        else:
            withheld = True
    kept["event"] = LogEvent.WITHHELD.value if withheld else event["event"].value
    if withheld:
        kept["place"] = _caller()
    return kept


def _is_allowed(name: str, value: object) -> bool:
    if name == "frames":
        return isinstance(value, _Frames)
    if name == "message":
        return isinstance(value, _Saying)
    shape = ALLOWED_FIELDS.get(name)
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    return shape is int and type(value) is int and abs(value) < _LARGEST


@lru_cache(maxsize=1024)
def _are_allowed(method: str, route: str) -> bool:
    """Say what _is_allowed does, once for each of the few methods and routes there are."""
    return _is_allowed("method", method) and _is_allowed("route", route)


def _describe_error(_: object, __: str, event: EventDict) -> EventDict:
    """Turn an exception into its type and the lines of code it passed; messages may carry persons."""
    info = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else sys.exc_info()[1]
        if error is not None:
            event["error"] = type(error).__name__
            event["frames"] = _frames(error.__traceback__)
    return event


def _frames(trace: TracebackType | None) -> _Frames:
    frames = _Frames()
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


class _LossyStream:
    """Loses lines that cannot be written: a full disk or a closed pipe must not end a lookup half-way."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
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
        try:  # noqa: SIM105 - as above
            self._stream.flush()
        except (OSError, ValueError):
            pass


class _LibraryHandler(logging.Handler):
    """What libraries log: where and how bad; the text only where it is known word for word."""

    def emit(self, record: logging.LogRecord) -> None:
        event: EventDict = {"module": record.name, "line": record.lineno}
        if isinstance(record.msg, str) and record.msg in _SAYINGS:
            event["message"] = _Saying(record.msg)
        elif record.name == "uvicorn.error" and not record.args:
            event.update(_traceback_parts(str(record.msg)))
        if record.exc_info:
            event["exc_info"] = record.exc_info[1]
        structlog.get_logger().log(_named_level(record.levelno), LogEvent.LIBRARY, **event)


def _traceback_parts(text: str) -> EventDict:
    """Return what may be said of a failed start-up, which uvicorn hands over as its traceback's text."""
    parts: EventDict = {}
    if frames := _TRACE_LINE.findall(text):
        parts["frames"] = _Frames(f"{module}:{line} {name}" for module, line, name in frames)
    if errors := _TRACE_END.findall(text):
        name, words = errors[-1]
        parts["error"] = name
        if name == _OUR_OWN:  # names a variable, never its value
            parts["message"] = _Saying(words)
    return parts


def _named_level(number: int) -> int:
    """Return the nearest level below that has a name: structlog knows no others."""
    return next((level for level in _LEVELS if level <= number), logging.DEBUG)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    get_logger(__name__).critical(LogEvent.REQUEST_FAILED, exc_info=error.with_traceback(trace))


def _log_uncaught_in_thread(hook: threading.ExceptHookArgs) -> None:
    if hook.exc_value is not None:
        get_logger(__name__).critical(LogEvent.REQUEST_FAILED, exc_info=hook.exc_value)


def _log_unraisable(hook: "sys.UnraisableHookArgs") -> None:
    get_logger(__name__).error(LogEvent.LIBRARY, exc_info=hook.exc_value)


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del message, file, line  # its text may quote a value, as Pydantic's does
    module = re.sub(r"[^A-Za-z0-9_]", "_", filename.rpartition("/")[2].removesuffix(".py"))
    get_logger(__name__).warning(LogEvent.LIBRARY, error=category.__name__, place=f"{module}:{lineno} ?")
