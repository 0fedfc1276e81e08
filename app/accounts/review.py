"""When accounts are reviewed, who may speak for whom, and when silence counts (R18)."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

_MONTHS_BETWEEN = 6


class Answer(StrEnum):
    """What a unit says of one of its accounts."""

    KEEP = "keep"
    REMOVE = "remove"


class ReviewFault(StrEnum):
    """Why a review, or an answer to one, cannot be taken."""

    ROUND_UNKNOWN = "round_unknown"
    ROUND_OPEN_ALREADY = "round_open_already"
    ROUND_OVER = "round_over"
    DUE_TOO_SOON = "due_too_soon"
    NOT_PART = "not_part"
    ONESELF = "oneself"
    REMOVED_ALREADY = "removed_already"


class ReviewRefusedError(Exception):
    """Nothing was changed."""

    def __init__(self, fault: ReviewFault) -> None:
        """Carry why."""
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class ReviewRound:
    """One review of all accounts; `due_on` is the last day on which it is answered."""

    round_id: UUID
    opened_on: date
    due_on: date
    closed_on: date | None

    def is_over(self, day: date) -> bool:
        """Whether no more answers are taken on *day*."""
        return self.closed_on is not None or day > self.due_on


def refuse_answer(
    review: ReviewRound, officer_id: UUID, earlier: Answer | None, answered_by: UUID, today: date
) -> None:
    """Raise ReviewRefusedError where this answer does not count; `keep` may become `remove`, never back."""
    if review.is_over(today):
        raise ReviewRefusedError(ReviewFault.ROUND_OVER)
    if answered_by == officer_id:
        raise ReviewRefusedError(ReviewFault.ONESELF)
    if earlier is Answer.REMOVE:
        raise ReviewRefusedError(ReviewFault.REMOVED_ALREADY)


def next_review_on(opened_on: date) -> date:
    """Return the day on which the next review should be opened: half a year later."""
    years, month = divmod(opened_on.month - 1 + _MONTHS_BETWEEN, 12)
    year, month = opened_on.year + years, month + 1
    return date(year, month, min(opened_on.day, monthrange(year, month)[1]))
