"""What administrators send and are shown about the life of accounts."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from app.accounts.reasons import MAX_LENGTH, parse_reason
from app.accounts.review import Answer
from app.web.bodies import Body

Words = Annotated[str, Field(max_length=MAX_LENGTH), AfterValidator(parse_reason)]
"""One line without nine digits in a row: it goes on record, where no citizen's number belongs."""
Day = Annotated[date, Field(strict=False, ge=date(2000, 1, 1), le=date(2100, 1, 1))]
UnitName = Annotated[str, Field(min_length=1, max_length=64, description="id or agency code")]
MOST_SLIPS: Final = 500


class PostingMove(StrEnum):
    """What a notice about an officer orders."""

    APPOINTMENT = "appointment"
    TRANSFER = "transfer"
    SECONDMENT = "secondment"


class PostingRequest(Body):
    """A posting from a day on; `until` is the first day after it, and a secondment needs one."""

    kind: Annotated[PostingMove, Field(strict=False)]
    unit: UnitName
    on: Day
    until: Day | None = None
    document_number: Words
    document_date: Day | None = None


class LeavingRequest(Body):
    """From which day on an officer no longer works anywhere here."""

    on: Day
    document_number: Words
    document_date: Day | None = None


class TermRequest(Body):
    """The first day of an account's use and the first day after it; null leaves that side open."""

    active_from: Day | None
    active_until: Day | None
    document_number: Words


class HandoverRequest(Body):
    """Whose codes are issued: the officers named, or all of the unit who have not activated their account."""

    unit: UnitName
    officer_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_SLIPS)] | None = None
    document_number: Words | None = None


class ReceiptRequest(Body):
    """Who took the slips, as the signed record says."""

    received_by: Words


class DeclarationRequest(Body):
    """How many officers a unit needs accounts for, when it asked and by which letter."""

    declared_officers: Annotated[int, Field(ge=0, le=100_000)]
    requested_at: Annotated[AwareDatetime, Field(strict=False)]
    document_number: Words


class ReviewRequest(Body):
    """The last day for answers; without it the usual time is given."""

    due_on: Day | None = None


class ReviewAnswerRequest(Body):
    """What the unit says of one account; `remove` suspends it at once and is not taken back."""

    answer: Annotated[Answer, Field(strict=False)]


LIFE_BODIES: Final = (
    PostingRequest,
    LeavingRequest,
    TermRequest,
    HandoverRequest,
    ReceiptRequest,
    DeclarationRequest,
    ReviewRequest,
    ReviewAnswerRequest,
)


class PostingAnswer(BaseModel):
    """One posting; `valid_to` is the first day after it, null while no end is known."""

    kind: str
    unit_id: str
    valid_from: date
    valid_to: date | None
    document_number: str | None
    document_date: date | None


class PostingAnswers(BaseModel):
    """An officer's postings in the order of their days, and the version inside the ETag."""

    postings: list[PostingAnswer]
    version: int


class NoticeAnswer(BaseModel):
    """What a unit is told of an officer's account, in the caller's language."""

    notice_id: str
    unit_id: str
    officer_id: str
    login_name: str | None
    code: str
    text: str
    facts: dict[str, str]
    created_at: datetime


class NoticeAnswers(BaseModel):
    """A unit's unread notices, those of units below it included, newest first; at most 500."""

    notices: list[NoticeAnswer]


class ProgressAnswer(BaseModel):
    """How far one unit's registration is; `waited_days` runs from the request to the first activation."""

    unit_id: str
    unit_code: str | None
    unit_name: str | None
    requested_at: datetime | None
    declared: int | None
    registered: int
    activated: int
    missing: int
    coverage_percent: int | None
    waited_days: int | None
    is_waiting: bool


class ProgressAnswers(BaseModel):
    """A page of units: those that still wait first, the longest waiting on top."""

    units: list[ProgressAnswer]
    next_cursor: str | None


class ReviewedAnswer(BaseModel):
    """One account a review asks about; `answer` is null as long as nobody spoke."""

    officer_id: str
    login_name: str | None
    full_name: str | None
    unit_id: str
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class ReviewView(BaseModel):
    """A review, and a page of its accounts for which the caller may speak, the unanswered ones first."""

    review_id: str
    opened_on: date
    due_on: date
    closed_on: date | None
    officers: list[ReviewedAnswer]
    next_cursor: str | None
