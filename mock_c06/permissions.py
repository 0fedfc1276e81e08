"""Who may ask what, and how often a day: the rules of the national side's own office.

The real one licenses procedures (MaDVC) and services (MaTichHop) to partners, and officers to ask; that it
counts is not known. All of it is inferred: see docs/mock.md.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from mock_c06.personas import Behaviour
from mock_c06.question import Question

ANYTHING: Final = "*"
_VIETNAM: Final = timezone(timedelta(hours=7))
_LONGEST: Final = 200

Name = Annotated[str, Field(max_length=_LONGEST)]


class Rule(BaseModel):
    """One licence: partner and officer may use these services for this procedure; `*` stands for any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partner: Name = ANYTHING
    officer: Name = ANYTHING
    procedure: Name = ANYTHING
    services: tuple[Name, ...] = (ANYTHING,)

    def names(self, partner: str, officer: str) -> bool:
        """Whether the rule is about this partner's officer."""
        return self.partner in {ANYTHING, partner} and self.officer in {ANYTHING, officer}

    def allows(self, partner: str, question: Question) -> bool:
        """Whether it lets the question pass."""
        return (
            self.names(partner, question.upstream_officer_code)
            and self.procedure in {ANYTHING, question.service_code}
            and not {ANYTHING, question.integration_code}.isdisjoint(self.services)
        )


class QuotaAnswer(StrEnum):
    """What somebody gets who has asked too often; which of the two the real side gives is unknown."""

    HTTP_429 = "http_429"
    FAULT = "fault"


class Permissions(BaseModel):
    """All rules (None: everybody may ask everything), and the questions a Vietnamese day allows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...] | None = None
    per_partner_per_day: int | None = Field(default=None, ge=0)
    per_officer_per_day: int | None = Field(default=None, ge=0)
    quota_answer: QuotaAnswer = QuotaAnswer.HTTP_429


class PermissionDesk:
    """Lets questions pass or not, and counts those that did; the counts end with the day and the process."""

    def __init__(self, permissions: Permissions, clock: Callable[[], float]) -> None:
        self.permissions = permissions
        self._clock = clock
        self._day = ""
        self._asked: Counter[tuple[str, str]] = Counter()

    def objection(self, partner: str, question: Question) -> Behaviour | None:
        """Return what speaks against this question, or None, and count it."""
        present, officer = self.permissions, question.upstream_officer_code
        if present.rules is not None and not any(rule.allows(partner, question) for rule in present.rules):
            is_known = any(rule.names(partner, officer) for rule in present.rules)
            return Behaviour.PROCEDURE_REFUSED if is_known else Behaviour.OFFICER_REFUSED
        self._begin_day()
        limits = {("partner", partner): present.per_partner_per_day}
        limits["officer", officer] = present.per_officer_per_day
        for who, limit in limits.items():
            if limit is not None and self._asked[who] >= limit:
                return Behaviour.QUOTA_USED_UP
        # Only who has a limit is counted: officers' codes come from outside, and could be any number.
        self._asked.update(who for who, limit in limits.items() if limit is not None)
        return None

    def seconds_to_midnight(self) -> int:
        """Return when the counts begin anew."""
        now = self._now()
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return int((midnight - now).total_seconds()) + 1

    def _begin_day(self) -> None:
        day = self._now().date().isoformat()
        if day != self._day:
            self._day = day
            self._asked.clear()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), _VIETNAM)
