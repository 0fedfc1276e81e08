"""What a line may carry: named fields, each of one shape; nothing a person is known by."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"(?!.*[0-9]{9})[a-z][a-z0-9_.-]{0,63}")
UUID_SHAPE: Final = re.compile(
    r"[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}"
)
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
    "lookup_id": UUID_SHAPE,
    "minutes": int,
    "method": re.compile(r"[A-Z]{1,10}"),
    "module": re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}"),
    "month": re.compile(r"[0-9]{4}-[0-9]{2}"),
    "outcome": _WORD,
    "place": _PLACE,
    "reason": _WORD,
    "request_id": UUID_SHAPE,
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

LARGEST: Final = 10**8  # below every number a person is known by


class Frames(list[str]):
    """Lines of code an exception passed; made in app.logs only, so no caller's list is taken for them."""


class Saying(str):
    """Words known not to quote anybody; made in app.logs only."""

    __slots__ = ()


def is_allowed(name: str, value: object) -> bool:
    """Whether a line may carry *value* under *name*."""
    if name == "frames":
        return isinstance(value, Frames)
    if name == "message":
        return isinstance(value, Saying)
    shape = ALLOWED_FIELDS.get(name)
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    return shape is int and type(value) is int and abs(value) < LARGEST


@lru_cache(maxsize=1024)
def are_allowed(method: str, route: str) -> bool:
    """Say what is_allowed does, once for each of the few methods and routes there are."""
    return is_allowed("method", method) and is_allowed("route", route)
