"""Audit searches over HTTP, for officers whose role is auditing."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.sign_in import login_name_of
from app.auditing.criteria import Position, Search, parse_case_number
from app.auditing.reader import Found
from app.auditing.search import MAX_PAGE, AuditSearcher, Page
from app.clock import Clock, local_day, rfc3339
from app.errors import GatewayError, InvalidRequestError, ProblemCode
from app.lookup.parsing import parse_id_number
from app.web.bodies import Body, read_json
from app.web.openapi import body_of, problems

_DEFAULT_PERIOD: Final = timedelta(days=365)
_MAX_PERIOD: Final = timedelta(days=366 * 6)
_FIRST_DAY: Final = date(2000, 1, 1)  # within these, no reckoning with days leaves the calendar
_LAST_DAY: Final = date(2199, 12, 31)


class AuditSearchRequest(Body):
    """Whom to search for; at least one of citizen and officer, and the case it is done for."""

    case_number: str = Field(max_length=200, description="up to 80 letters, digits and / . _ -")
    citizen_id_number: str | None = Field(default=None, max_length=20)
    officer_login: str | None = Field(default=None, max_length=64)
    from_day: date | None = Field(
        default=None, ge=_FIRST_DAY, le=_LAST_DAY, description="first day, in Vietnam; a year back by default"
    )
    to_day: date | None = Field(
        default=None, ge=_FIRST_DAY, le=_LAST_DAY, description="last day, in Vietnam; today by default"
    )
    page_size: int = Field(default=50, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(default=None, max_length=200)


class FoundLookup(BaseModel):
    """One lookup, without any value the national side returned."""

    lookup_id: str
    time: str
    officer_login: str | None
    officer_id: str | None
    unit_code: str | None
    client_id: str | None
    citizen: str | None = Field(description="masked number; null where the month's key is gone")
    procedure_code: str | None
    dossier_code: str | None
    no_dossier_reason: str | None
    linked_dossier_code: str | None = Field(
        description="the dossier that came later, of a lookup without one"
    )
    outcome: str | None = Field(description="null while the lookup runs")
    problem_code: str | None
    fields_disclosed: list[str]
    paper_may_ask: bool | None
    is_readable: bool = Field(description="false where what is stored is no record of ours: have it verified")


class AuditSearchAnswer(BaseModel):
    """A page, newest first."""

    lookups: list[FoundLookup]
    next_cursor: str | None


def auditing_router(
    searcher: AuditSearcher | None,
    get_auditor: GetCaller,
    rejections: Rejections,
    clock: Clock,
    *,
    max_body_bytes: int,
) -> APIRouter:
    """Return the audit routes; without *searcher* they say that audits are not read here."""
    router = APIRouter(tags=["auditing"])

    @router.post(
        "/v1/audit/searches",
        summary="Who looked this citizen up; what did this officer look up",
        openapi_extra=body_of(AuditSearchRequest),
        response_model=None,
        responses={
            200: {"model": AuditSearchAnswer},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.INVALID_VALUE,
                ProblemCode.AUDITING_NOT_SERVED,
                ProblemCode.AUDIT_UNAVAILABLE,
            ),
        },
    )
    async def search(request: Request, auditor: Annotated[Caller, Depends(get_auditor)]) -> Response:
        if searcher is None:
            raise GatewayError(ProblemCode.AUDITING_NOT_SERVED)
        async with rejections(auditor):
            body, _ = await read_json(request, AuditSearchRequest, max_bytes=max_body_bytes)
            asked = _to_search(body, searcher, local_day(clock.now()))
        page = await searcher.search(auditor, asked)
        answer = _answer(page, searcher.officer_names())
        return Response(orjson.dumps(answer.model_dump()), media_type="application/json")

    return router


def _to_search(body: AuditSearchRequest, searcher: AuditSearcher, today: date) -> Search:
    if body.citizen_id_number is None and body.officer_login is None:
        pointers = ("/citizen_id_number", "/officer_login")
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=pointers)
    last_day = body.to_day or today
    first_day = body.from_day or last_day - _DEFAULT_PERIOD
    if not timedelta() <= last_day - first_day <= _MAX_PERIOD:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/from_day", "/to_day"))
    number, login_name = body.citizen_id_number, body.officer_login
    return Search(
        case_number=parse_case_number(body.case_number),
        number=parse_id_number(number, "/citizen_id_number").digits if number is not None else None,
        officer_id=searcher.officer_id(login_name_of(login_name)) if login_name is not None else None,
        first_day=first_day,
        last_day=last_day,
        page_size=body.page_size,
        after=Position.from_text(body.cursor) if body.cursor is not None else None,
    )


def _answer(page: Page, login_names: Mapping[str, str]) -> AuditSearchAnswer:
    return AuditSearchAnswer(
        lookups=[_shown(found, login_names) for found in page.lookups], next_cursor=page.next_cursor
    )


def _shown(found: Found, login_names: Mapping[str, str]) -> FoundLookup:
    facts, outcome = found.facts, found.outcome or {}
    officer_id = _text(facts.get("officer_id"))
    may_ask = outcome.get("paper_may_ask")
    return FoundLookup(
        lookup_id=str(found.record_id),
        time=rfc3339(found.recorded_at),
        officer_login=login_names.get(officer_id) if officer_id else None,
        officer_id=officer_id,
        unit_code=_text(facts.get("unit_code")),
        client_id=_text(facts.get("client_id")),
        citizen=found.citizen,
        procedure_code=_text(facts.get("procedure_code")),
        dossier_code=_text(facts.get("dossier_code")),
        no_dossier_reason=_text(facts.get("no_dossier_reason")),
        linked_dossier_code=_text((found.link or {}).get("dossier_code")),
        outcome=_text(outcome.get("outcome")) or ("not_permitted" if "problem_code" in facts else None),
        problem_code=_text(outcome.get("problem_code") or facts.get("problem_code")),
        fields_disclosed=str(outcome.get("fields_disclosed", "")).split(),
        paper_may_ask=bool(may_ask) if may_ask is not None else None,
        is_readable=found.is_readable,
    )


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
