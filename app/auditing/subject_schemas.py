"""What goes in and out of the routes for citizens' requests."""

from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, Field

from app.auditing.subject_values import (
    LONGEST_REFERENCE,
    IdentityCheck,
    Means,
    Requester,
    RequestState,
    Result,
    SubjectRequest,
)
from app.clock import rfc3339
from app.web.bodies import Body

_MEANS: Final = "how: in_person, post or electronic"
_FIRST_DAY: Final = date(2020, 1, 1)


class SubjectReportRequest(Body):
    """A citizen's request as the department registers it; documents themselves are never sent."""

    id_numbers: list[str] = Field(
        min_length=1, max_length=10, description="the citizen's number, and former ones of the same citizen"
    )
    requester: Requester = Field(strict=False)
    identity_check: IdentityCheck = Field(strict=False)
    identity_reference: str = Field(
        max_length=LONGEST_REFERENCE, description="number of the check's own note; never a document's number"
    )
    received_on: date = Field(
        strict=False, ge=_FIRST_DAY, description="the day it came, in Vietnam: within the last 60 days"
    )


class SubjectAcknowledgement(Body):
    """That the citizen was told that the request is being carried out."""

    told_on: date = Field(strict=False)
    through: Means = Field(strict=False, description=_MEANS)


class SubjectExtension(Body):
    """That it takes longer, once, and why: the citizen is told before it counts."""

    days: int = Field(ge=1, le=365)
    reason: str = Field(max_length=200)
    told_on: date = Field(strict=False)
    through: Means = Field(strict=False, description=_MEANS)


class SubjectAnswer(Body):
    """That the report was handed over, or how the request ended without one."""

    result: Result = Field(strict=False)
    on: date = Field(strict=False)
    through: Means = Field(strict=False, description=_MEANS)
    reason: str | None = Field(default=None, max_length=200, description="needed unless it was handed over")


SUBJECT_BODIES = (SubjectReportRequest, SubjectAcknowledgement, SubjectExtension, SubjectAnswer)


class SubjectListQuery(BaseModel):
    """Which requests a list shows."""

    state: RequestState = RequestState.OPEN
    page_size: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


class SubjectRequestSaid(BaseModel):
    """A request: nothing says whom it is about. `due` is what is done next, by the end of `due_on`."""

    request_number: str
    requester: str
    identity_check: str
    identity_reference: str
    number_count: int
    received_on: str
    registered_at: str
    registered_by: str | None = Field(description="login name")
    acknowledge_by: str
    answer_by: str
    due: Literal["acknowledgement", "answer"] | None
    due_on: str | None
    is_overdue: bool
    acknowledged_on: str | None
    acknowledged_through: str | None
    extended_days: int | None
    extended_because: str | None
    extension_told_on: str | None
    made_at: str | None
    made_by: str | None = Field(description="login name")
    made_count: int
    look_count: int | None
    ended_on: str | None
    ended_through: str | None
    result: str | None
    ended_because: str | None


class SubjectRequestPage(BaseModel):
    """Requests, those first whose answer is due first."""

    requests: list[SubjectRequestSaid]
    next_cursor: str | None


def request_said(request: SubjectRequest, today: date, login_names: dict[str, str]) -> SubjectRequestSaid:
    """Return a request as the department reads it on *today*."""
    due = request.due
    return SubjectRequestSaid(
        request_number=request.number,
        requester=request.requester.value,
        identity_check=request.identity_check.value,
        identity_reference=request.identity_reference,
        number_count=request.number_count,
        received_on=request.received_on.isoformat(),
        registered_at=rfc3339(request.registered_at),
        registered_by=login_names.get(str(request.registered_by)),
        acknowledge_by=request.acknowledge_by.isoformat(),
        answer_by=request.answer_by.isoformat(),
        due=due[0].value if due else None,
        due_on=due[1].isoformat() if due else None,
        is_overdue=request.is_overdue(today),
        acknowledged_on=_day(request.acknowledged_on),
        acknowledged_through=request.acknowledged_through,
        extended_days=request.extended_days,
        extended_because=request.extended_because,
        extension_told_on=_day(request.extension_told_on),
        made_at=rfc3339(request.made_at) if request.made_at else None,
        made_by=login_names.get(str(request.made_by)),
        made_count=request.made_count,
        look_count=request.look_count,
        ended_on=_day(request.ended_on),
        ended_through=request.ended_through,
        result=request.result,
        ended_because=request.ended_because,
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
