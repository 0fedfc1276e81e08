"""When an account has been unused for too long (R17; TCVN 14423:2026 5.6.2.3)."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class LapseRules:
    """How many days without any action end an account's use."""

    unused_days: int = 45

    def __post_init__(self) -> None:
        """Refuse rules under which everybody, or nobody ever, would be suspended."""
        if not 1 <= self.unused_days <= 366:  # noqa: PLR2004 - a year
            raise ValueError("unused_days must lie between 1 and 366")


@dataclass(frozen=True, slots=True)
class Usage:
    """The days from which an account could have been used, and the last on which it was."""

    registered_on: date
    standing_since: date
    """Active without a break since then: registration, or the last time a suspension was lifted."""
    activated_on: date | None = None
    active_from: date | None = None
    last_active_on: date | None = None

    @property
    def idle_since(self) -> date:
        """The latest of these days."""
        known = (
            self.registered_on,
            self.standing_since,
            self.activated_on,
            self.active_from,
            self.last_active_on,
        )
        return max(day for day in known if day is not None)


def has_lapsed(usage: Usage, today: date, rules: LapseRules) -> bool:
    """Whether the account has not been used on any of the last so many days, *today* included as begun."""
    return today - usage.idle_since >= timedelta(days=rules.unused_days)
