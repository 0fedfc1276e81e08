"""What becomes of an event on its way to a line: whatever is not on the lists is dropped."""

import sys
from collections.abc import MutableMapping
from types import FrameType, TracebackType
from typing import Any, Final

import orjson

from app.clock import SystemClock, rfc3339
from app.logs.allowed import Frames, is_allowed
from app.logs.events import LogEvent

_ALWAYS: Final = frozenset({"event", "level", "time"})
EventDict = MutableMapping[str, Any]


def keep_allowed(_: object, __: str, event: EventDict) -> EventDict:
    """Drop whatever is not on the lists; say where it came from, never what it was."""
    withheld = not isinstance(event.get("event"), LogEvent)
    kept: EventDict = {"time": rfc3339(SystemClock().now()), "level": event.get("level", "info")}
    for name, value in event.items():
        if name in _ALWAYS:
            continue
        if is_allowed(name, value):
            kept[name] = value
        else:
            withheld = True
    kept["event"] = LogEvent.WITHHELD.value if withheld else event["event"].value
    if withheld:
        kept["place"] = _caller()
    return kept


def describe_error(_: object, __: str, event: EventDict) -> EventDict:
    """Turn an exception into its type and the lines of code it passed; messages may carry persons."""
    info = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else sys.exc_info()[1]
        if error is not None:
            event["error"] = type(error).__name__
            event["frames"] = _frames(error.__traceback__)
    return event


def _frames(trace: TracebackType | None) -> Frames:
    frames = Frames()
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
    is_ours = f"{module}.".startswith(f"{__package__}.")
    return is_ours or module.split(".", maxsplit=1)[0] in {"structlog", "logging"}


def as_json(event: EventDict, **_: object) -> str:
    """Return the line's text, its names in alphabetical order."""
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS).decode()
