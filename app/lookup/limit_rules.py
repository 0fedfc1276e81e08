"""Which limits there are on lookups, and what is said where one is reached."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Final

from app.clock import rfc3339
from app.errors import ProblemCode, TooManyError


@dataclass(frozen=True, slots=True)
class LimitRules:
    """Most lookups in an hour and a day of Vietnam's clock, and most citizens an officer asks about in a day.

    0 leaves a limit out.
    """

    officer_per_hour: int = 0
    officer_per_day: int = 0
    unit_per_hour: int = 0
    unit_per_day: int = 0
    client_per_hour: int = 0
    client_per_day: int = 0
    citizens_per_officer_per_day: int = 0


class Scope(StrEnum):
    """Whose lookups are counted together."""

    OFFICER = "officer"
    UNIT = "unit"
    CLIENT = "client"


class Per(StrEnum):
    """For how long a count runs."""

    HOUR = "hour"
    DAY = "day"


PROBLEM_OF: Final = {
    Scope.OFFICER: ProblemCode.OFFICER_LIMIT_REACHED,
    Scope.UNIT: ProblemCode.UNIT_LIMIT_REACHED,
    Scope.CLIENT: ProblemCode.CLIENT_LIMIT_REACHED,
}


class LimitReachedError(TooManyError):
    """An hour's or a day's limit is used up; says when it begins anew."""

    def __init__(self, code: ProblemCode, per: Per, most: int, ends_at: datetime, now: datetime) -> None:
        """Name the limit; the count begins anew at *ends_at*."""
        super().__init__(code, retry_after_seconds=max(1, ceil((ends_at - now).total_seconds())))
        self.per = per
        self.most = most
        self.ends_at = ends_at

    def members(self, language: str) -> dict[str, object]:  # noqa: ARG002 - the same in every language
        """Return the limit, for how long it counts, and when to come back."""
        return {"limit": self.most, "per": self.per.value, "retry_at": rfc3339(self.ends_at)}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit that holds."""

    scope: Scope
    per: Per
    most: int


def limits_of(rules: LimitRules) -> tuple[Limit, ...]:
    """Return the limits that hold, days first: who has used up the day need not come back in an hour."""
    every = (
        Limit(Scope.OFFICER, Per.DAY, rules.officer_per_day),
        Limit(Scope.UNIT, Per.DAY, rules.unit_per_day),
        Limit(Scope.CLIENT, Per.DAY, rules.client_per_day),
        Limit(Scope.OFFICER, Per.HOUR, rules.officer_per_hour),
        Limit(Scope.UNIT, Per.HOUR, rules.unit_per_hour),
        Limit(Scope.CLIENT, Per.HOUR, rules.client_per_hour),
    )
    return tuple(limit for limit in every if limit.most)
