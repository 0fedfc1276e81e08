"""Reads instants as logs of the national side may write them."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from app.clock import VIETNAM

_DIGITS: Final = re.compile(r"[0-9]+")
_SECONDS_DIGITS: Final = 10
_MILLISECONDS_DIGITS: Final = 13
_COMPACT: Final = {14: "%Y%m%d%H%M%S", 17: "%Y%m%d%H%M%S%f"}
_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T| )[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    r" ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_DAY: Final = r"(?P<day>[0-9]{1,2})(?P<mark>[/.-])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})"
_TIME: Final = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>AM|PM|SA|CH))?"
)
_ZONE: Final = r" ?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
_DAY_FIRST: Final = (
    re.compile(rf"{_DAY}[ T]{_TIME}{_ZONE}", re.IGNORECASE),
    re.compile(rf"{_TIME} {_DAY}{_ZONE}", re.IGNORECASE),
)
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_NOON: Final = 12


def read_instant(text: str) -> int:
    """Return the milliseconds since 1970 of an instant; one without zone is Vietnam's (Asia/Ho_Chi_Minh).

    Read are ISO 8601 with T or space, `dd/mm/yyyy hh:mm:ss` and the time before the day (also with `-` or
    `.`, and AM, PM, SA, CH), `yyyymmddhhmmss`, and seconds or milliseconds since 1970. The day always comes
    before the month. Raises ValueError for anything else, without repeating it.
    """
    try:
        instant = _instant(text)
    except (ValueError, OverflowError, OSError):
        raise ValueError("no time that can be read") from None
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise ValueError("no time that can be read")
    instant = instant if instant.tzinfo is not None else instant.replace(tzinfo=VIETNAM)
    return round(instant.timestamp() * 1000)


def _instant(text: str) -> datetime:
    if _DIGITS.fullmatch(text):
        return _of_digits(text)
    if _ISO.fullmatch(text):
        return datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
    for pattern in _DAY_FIRST:
        if found := pattern.fullmatch(text):
            return _day_first(found.groupdict())
    raise ValueError


def _of_digits(text: str) -> datetime:
    if len(text) in _COMPACT:
        return datetime.strptime(text, _COMPACT[len(text)])  # noqa: DTZ007 - the zone follows
    if len(text) == _SECONDS_DIGITS:
        return datetime.fromtimestamp(int(text), UTC)
    if len(text) == _MILLISECONDS_DIGITS:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    raise ValueError


def _day_first(parts: dict[str, str | None]) -> datetime:
    hour = int(parts["hour"] or 0)
    if (half := (parts["half"] or "").upper()) and not 1 <= hour <= _NOON:
        raise ValueError
    if half:
        hour = hour % _NOON + (_NOON if half in {"PM", "CH"} else 0)
    return datetime(
        int(parts["year"] or 0),
        int(parts["month"] or 0),
        int(parts["day"] or 0),
        hour,
        int(parts["minute"] or 0),
        int(parts["second"] or 0),
        int((parts["part"] or "0")[:6].ljust(6, "0")),
        tzinfo=_zone(parts["zone"]),
    )


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in "Zz":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
