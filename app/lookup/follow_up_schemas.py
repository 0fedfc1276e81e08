"""JSON and table rows of what was asked of citizens after lookups; never a citizen in them."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, Field, StringConstraints

from app.accounts.store import Accounts
from app.audit.verifying.search_words import OUTCOME_TITLES
from app.clock import VIETNAM, rfc3339
from app.lookup.follow_up import PaperWhy
from app.lookup.follow_up_store import FollowUp
from app.sheets.writing import Heading
from app.units.store import UnitRegister
from app.web.bodies import Body
from app.web.papers import PAPER_NAMES, Paper

EXPORT_HEADINGS: Final = (
    Heading("Thời điểm ghi nhận"),
    Heading("Đơn vị", 36),
    Heading("Mã đơn vị"),
    Heading("Cán bộ", 28),
    Heading("Tên đăng nhập"),
    Heading("Mã thủ tục"),
    Heading("Mã hồ sơ", 28),
    Heading("Kết quả tra cứu", 30),
    Heading("Được yêu cầu giấy tờ"),
    Heading("Giấy tờ đã yêu cầu", 36),
    Heading("Lý do", 36),
    Heading("Mã lượt tra cứu", 38),
)
_REASONS: Final[Mapping[PaperWhy, str]] = {
    PaperWhy.UPSTREAM_UNAVAILABLE: "Cơ sở dữ liệu không trả lời",
    PaperWhy.UPSTREAM_CONFUSED: "Câu trả lời không hiểu được",
    PaperWhy.NOT_FOUND: "Không tìm thấy công dân",
    PaperWhy.MISMATCH: "Thông tin không khớp",
    PaperWhy.HISTORY_NEEDED: "Thủ tục cần nơi cư trú trước đây",
    PaperWhy.DATA_CONTESTED: "Công dân cho rằng dữ liệu sai",
    PaperWhy.OTHER: "Lý do khác",
}


class FollowUpRequest(Body):
    """What was asked for; `which` and `why` exactly where paper was, `note` with `other`."""

    paper_asked: bool
    which: Paper | None = None
    why: PaperWhy | None = None
    note: Annotated[str, StringConstraints(max_length=500)] | None = Field(
        default=None, description="sealed in the record; shown in no list"
    )


class FollowUpAnswer(BaseModel):
    """What is on record now; `against_ruling`: paper was asked for though the lookup did not allow it."""

    lookup_id: str
    paper_asked: bool
    which: str | None
    why: str | None
    against_ruling: bool
    recorded_at: str


class AskedAnswer(FollowUpAnswer):
    """One line of the list."""

    outcome: str
    may_ask: bool
    procedure_code: str | None
    dossier_code: str | None
    asked_at: str
    officer_id: str
    login_name: str | None
    full_name: str | None
    unit_id: str
    unit_code: str | None
    unit_name: str | None


class AskedPage(BaseModel):
    """Some lines, the newest first; `next_cursor` leads to older ones."""

    asked: list[AskedAnswer]
    next_cursor: str | None


def follow_up_answer(follow_up: FollowUp) -> FollowUpAnswer:
    """Return what an officer gets to read of their own statement."""
    return FollowUpAnswer(
        lookup_id=str(follow_up.lookup_id),
        paper_asked=follow_up.paper_asked,
        which=follow_up.which,
        why=follow_up.why,
        against_ruling=follow_up.is_against_ruling,
        recorded_at=rfc3339(follow_up.recorded_at),
    )


def asked_answer(follow_up: FollowUp, accounts: Accounts, units: UnitRegister) -> AskedAnswer:
    """Return a line of the list; names are today's, None for whom or what is no longer there."""
    officer, unit = accounts.officers.get(follow_up.officer_id), units.find(follow_up.unit_id)
    return AskedAnswer(
        **follow_up_answer(follow_up).model_dump(),
        outcome=follow_up.outcome.value,
        may_ask=follow_up.may_ask,
        procedure_code=follow_up.procedure_code,
        dossier_code=follow_up.dossier_code,
        asked_at=rfc3339(follow_up.asked_at),
        officer_id=str(follow_up.officer_id),
        login_name=officer.login_name if officer else None,
        full_name=officer.full_name if officer else None,
        unit_id=str(follow_up.unit_id),
        unit_code=unit.agency_code if unit else None,
        unit_name=unit.name if unit else None,
    )


def export_row(follow_up: FollowUp, accounts: Accounts, units: UnitRegister) -> tuple[str, ...]:
    """Return a statement's cells under EXPORT_HEADINGS."""
    line = asked_answer(follow_up, accounts, units)
    return (
        f"{follow_up.recorded_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}",
        line.unit_name or line.unit_id,
        line.unit_code or "",
        line.full_name or line.officer_id,
        line.login_name or "",
        line.procedure_code or "",
        line.dossier_code or "",
        OUTCOME_TITLES[follow_up.outcome],
        "Được" if follow_up.may_ask else "Không được",
        PAPER_NAMES[Paper(follow_up.which)]["vi"] if follow_up.which else "",
        _REASONS[PaperWhy(follow_up.why)] if follow_up.why else "",
        line.lookup_id,
    )
