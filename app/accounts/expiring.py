"""Keys and credentials that end by themselves: how each stands, and which ones somebody must be told of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.accounts.clients import WARNING
from app.accounts.compatible_credentials import CompatibleCredential

LAST_WARNING: Final = timedelta(days=7)
"""How long before its end a key or credential is urgent; `WARNING` is when it is named first."""


class KeyStanding(StrEnum):
    """How a key or credential that nobody has ended stands."""

    VALID = "valid"
    ENDS_SOON = "ends_soon"
    ENDS_VERY_SOON = "ends_very_soon"
    OVER = "over"


STANDING_TEXTS: Final[Mapping[KeyStanding, Mapping[str, str]]] = {
    KeyStanding.VALID: {"vi": "Còn hiệu lực.", "en": "Valid."},
    KeyStanding.ENDS_SOON: {
        "vi": f"Sắp hết hạn: còn không quá {WARNING.days} ngày.",
        "en": f"Ends within {WARNING.days} days.",
    },
    KeyStanding.ENDS_VERY_SOON: {
        "vi": f"Còn không quá {LAST_WARNING.days} ngày: hãy tạo khóa mới và thay trong phần mềm ngay.",
        "en": f"Ends within {LAST_WARNING.days} days: make a new one now and put it into the software.",
    },
    KeyStanding.OVER: {
        "vi": "Đã hết hạn: phần mềm không tra cứu được bằng khóa này nữa.",
        "en": "Over: the software can look nobody up by it any more.",
    },
}


def standing_of(expires_at: datetime | None, now: datetime) -> KeyStanding:
    """Return how what ends at *expires_at*, or never, stands at *now*."""
    if expires_at is None or now + WARNING < expires_at:
        return KeyStanding.VALID
    if expires_at <= now:
        return KeyStanding.OVER
    return KeyStanding.ENDS_VERY_SOON if expires_at <= now + LAST_WARNING else KeyStanding.ENDS_SOON


def span_of(standing: KeyStanding, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return after which instant, and up to which one, ends what stands so; None for no limit."""
    soon, very_soon = now + WARNING, now + LAST_WARNING
    return {
        KeyStanding.VALID: (soon, None),
        KeyStanding.ENDS_SOON: (very_soon, soon),
        KeyStanding.ENDS_VERY_SOON: (now, very_soon),
        KeyStanding.OVER: (None, now),
    }[standing]


@dataclass(frozen=True, slots=True)
class Expiring:
    """What of the old ways in ends within 30 days: credentials one by one, officers' keys by their number."""

    credentials: tuple[CompatibleCredential, ...] = ()
    keys: int = 0
    keys_very_soon: int = 0
    """How many of those within seven days."""
