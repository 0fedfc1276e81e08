"""The accounts of a review as a list: narrowed, by page, and as a table to export."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.exports import ExportedTable, FileFormat
from app.accounts.review import Answer, ReviewRound
from app.accounts.review_store import ReviewedOfficer
from app.accounts.values import Officer
from app.clock import VIETNAM
from app.sheets.writing import Heading
from app.units.store import UnitRegister
from app.web.cursors import cursor_of, place_in

MOST_PER_PAGE: Final = 200
Answered = Literal["keep", "remove", "none"]
_Place = tuple[bool, str, str]
_FIRST: Final[_Place] = (False, "", "")
_ANSWERS: Final = {Answer.KEEP: "giữ lại", Answer.REMOVE: "loại bỏ"}
_HEADINGS: Final = (
    Heading("Tên tài khoản đăng nhập", 26),
    Heading("Họ và tên", 30),
    Heading("Mã định danh đơn vị", 22),
    Heading("Đơn vị", 50),
    Heading("Trả lời", 14),
    Heading("Người trả lời", 26),
    Heading("Trả lời lúc", 20),
)


@dataclass(frozen=True, slots=True)
class ReviewedAccount:
    """One account a review asks about, and whose it is as far as is known."""

    reviewed: ReviewedOfficer
    officer: Officer | None

    @property
    def unit_id(self) -> UUID | None:
        """The officer's present unit."""
        return self.officer.unit_id if self.officer else None


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """What a list is narrowed to; None narrows nothing, `none` leaves those of whom nobody has spoken."""

    unit: str | None = None
    answer: Answered | None = None

    def passes(self, account: ReviewedAccount) -> bool:
        """Whether the account was answered for as the filter says; the unit is for the desk to judge."""
        given = account.reviewed.answer
        return self.answer in {None, given.value if given is not None else "none"}


EVERYBODY: Final = ReviewFilter()


class ReviewQuery(BaseModel):
    """Which accounts of a review, and which page."""

    model_config = ConfigDict(hide_input_in_errors=True)

    answer: Answered | None = None
    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    page_size: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    cursor: Annotated[str, Field(max_length=400)] | None = None


class RoundQuery(BaseModel):
    """Which page of all reviews."""

    model_config = ConfigDict(hide_input_in_errors=True)

    page_size: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    cursor: UUID | None = None


class RoundAnswer(BaseModel):
    """One review; `closed_on` is null while it is open."""

    review_id: str
    opened_on: date
    due_on: date
    closed_on: date | None


class RoundAnswers(BaseModel):
    """A page of reviews, the latest first."""

    reviews: list[RoundAnswer]
    next_cursor: str | None


class ReviewExportQuery(BaseModel):
    """Which accounts of a review, and which file."""

    model_config = ConfigDict(hide_input_in_errors=True)

    answer: Answered | None = None
    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    format: FileFormat = FileFormat.XLSX


def rounds_said(found: Sequence[ReviewRound], size: int) -> RoundAnswers:
    """Return a page of *size* out of what was found, which is one more where another page follows."""
    page = found[:size]
    answers = [
        RoundAnswer(
            review_id=str(one.round_id), opened_on=one.opened_on, due_on=one.due_on, closed_on=one.closed_on
        )
        for one in page
    ]
    return RoundAnswers(
        reviews=answers, next_cursor=str(page[-1].round_id) if len(found) > len(page) else None
    )


def place_of(account: ReviewedAccount) -> _Place:
    """Return where an account stands in the list: the unanswered first, then by unit."""
    reviewed = account.reviewed
    return (reviewed.answer is not None, str(reviewed.unit_id), str(reviewed.officer_id))


def page_of(
    accounts: Sequence[ReviewedAccount], cursor: str | None, size: int
) -> tuple[list[ReviewedAccount], str | None]:
    """Return up to *size* of the accounts after the cursor, in their order, and the cursor that follows.

    Whoever is answered for meanwhile comes once more, at the end. Raises InvalidRequestError.
    """
    after = place_in(cursor, _FIRST) if cursor else None
    following = [one for one in accounts if after is None or place_of(one) > after]
    page = following[:size]
    return page, cursor_of(place_of(page[-1])) if len(following) > size else None


def review_table(
    review: ReviewRound,
    accounts: Iterable[ReviewedAccount],
    units: UnitRegister,
    officers: Mapping[UUID, Officer],
) -> ExportedTable:
    """Return the accounts as a table; who answered is named by login name."""
    rows = [_row(one, units, officers) for one in accounts]
    return ExportedTable(f"ra-soat-{review.opened_on.isoformat()}", "Rà soát tài khoản", _HEADINGS, rows)


def _row(account: ReviewedAccount, units: UnitRegister, officers: Mapping[UUID, Officer]) -> tuple[str, ...]:
    reviewed, officer = account.reviewed, account.officer
    unit = units.find(account.unit_id)
    speaker = officers.get(reviewed.answered_by) if reviewed.answered_by is not None else None
    return (
        officer.login_name if officer else str(reviewed.officer_id),
        officer.full_name if officer else "",
        unit.agency_code if unit else "",
        unit.name if unit else "",
        _ANSWERS[reviewed.answer] if reviewed.answer is not None else "",
        speaker.login_name if speaker else "",
        _local(reviewed.answered_at),
    )


def _local(instant: datetime | None) -> str:
    return f"{instant.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if instant is not None else ""
