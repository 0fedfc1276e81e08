"""The auditors' search over HTTP; R55 and following."""

from collections.abc import Mapping
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.refusals import Refusals
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.audit.record_fields import WRITER_FIELDS
from app.audit.verifying.search_rows import row_facts
from app.auditing.because_texts import because_text
from app.auditing.criteria import About
from app.auditing.reader import Found
from app.auditing.requests import SearchGround, search_of
from app.auditing.schemas import AuditSearchAnswer, AuditSearchRequest, FoundLookup, FoundRecord
from app.auditing.search import AuditSearcher, Page
from app.auditing.search_walk import records_of
from app.clock import rfc3339
from app.errors import GatewayError, ProblemCode
from app.web.bodies import read_json
from app.web.openapi import body_of, problems
from app.web.problem_texts import Language
from app.web.problems import language_of

_SHOWN_APART: Final = WRITER_FIELDS | {"officer_id", "unit_code", "client_id"}
_NO_STORE: Final = {"Cache-Control": "no-store"}


def auditing_router(
    searcher: AuditSearcher | None,
    ground: SearchGround,
    get_auditor: GetCaller,
    rejections: Rejections,
    refusals: Refusals,
    *,
    max_body_bytes: int,
) -> APIRouter:
    """Return the search's route; without *searcher* it says that audits are not read here."""
    router = APIRouter(tags=["auditing"])

    @router.post(
        "/v1/audit/searches",
        summary="Who looked up this citizen; what did this officer or unit look up; who read or changed what",
        openapi_extra=body_of(AuditSearchRequest),
        response_model=None,
        responses={
            200: {"model": AuditSearchAnswer},
            **problems(
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.OWN_RECORDS,
                ProblemCode.INVALID_VALUE,
                ProblemCode.INVALID_ID_NUMBER,
                ProblemCode.INVALID_DOSSIER_CODE,
                ProblemCode.PERIOD_NEEDED,
                ProblemCode.PERIOD_TOO_LONG,
                ProblemCode.NAMED_UNKNOWN,
                ProblemCode.INVALID_PROCEDURE_CODE,
                ProblemCode.AUDIT_QUOTA_REACHED,
                ProblemCode.AUDITING_NOT_SERVED,
                ProblemCode.AUDIT_UNAVAILABLE,
            ),
        },
    )
    async def search(request: Request, auditor: Annotated[Caller, Depends(get_auditor)]) -> Response:
        if searcher is None:
            raise GatewayError(ProblemCode.AUDITING_NOT_SERVED)
        language = language_of(request.headers.get("accept-language"))
        async with rejections(auditor), refusals(auditor):
            body, _ = await read_json(request, AuditSearchRequest, max_bytes=max_body_bytes)
            page = await searcher.search(auditor, search_of(body, ground, auditor))
        answer = _answer(page, body.about, searcher.officer_names(), language)
        return Response(orjson.dumps(answer.model_dump()), 200, _NO_STORE, "application/json")

    return router


def _answer(
    page: Page, about: About, login_names: Mapping[str, str], language: Language
) -> AuditSearchAnswer:
    if about is About.LOOKUPS:
        lookups = [_lookup(found, login_names, language) for found in page.lookups]
        return AuditSearchAnswer(lookups=lookups, records=[], next_cursor=page.next_cursor)
    records = [_record(found, login_names) for found in page.lookups]
    return AuditSearchAnswer(lookups=[], records=records, next_cursor=page.next_cursor)


def _lookup(found: Found, login_names: Mapping[str, str], language: Language) -> FoundLookup:
    return FoundLookup.model_validate(
        {
            **row_facts(records_of(found, login_names)),
            "citizen_because": _text(found.citizen_because),
            "citizen_because_text": because_text(found, language),
        }
    )


def _record(found: Found, login_names: Mapping[str, str]) -> FoundRecord:
    facts = found.facts
    officer_id = _text(facts.get("officer_id"))
    return FoundRecord(
        record_id=str(found.record_id),
        time=rfc3339(found.recorded_at),
        kind=str(facts.get("kind", "")),
        officer_login=login_names.get(officer_id) if officer_id else None,
        officer_id=officer_id,
        unit_code=_text(facts.get("unit_code")),
        client_id=_text(facts.get("client_id")),
        citizen=found.citizen,
        facts={name: value for name, value in facts.items() if name not in _SHOWN_APART},
        is_readable=found.is_readable,
    )


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
