"""What takes two administrators, over HTTP; and what the person concerned may say to it."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.administration import Action
from app.accounts.administration_routes import MAX_BODY_BYTES, officer_id_in
from app.accounts.administration_schemas import PersonCode, Reason
from app.accounts.approval_desk import ApprovalDesk
from app.accounts.approvals import Approval
from app.accounts.authentication import Caller
from app.accounts.rejections import Rejections
from app.accounts.reset_desk import ResetDesk
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.accounts.values import Role
from app.clock import rfc3339
from app.errors import NotFoundError, ProblemCode
from app.web.bodies import Body, read_json
from app.web.openapi import body_of, problems


class ApprovalRequest(Body):
    """What is asked for: `unlock`, `reset_second_factor`, or `appoint`, which names the role."""

    action: Annotated[Action, Field(strict=False)]
    officer_id: str = Field(max_length=64)
    reason: Reason
    role: Annotated[Role | None, Field(strict=False)] = None
    person_code: PersonCode | None = None


class Decision(Body):
    """Whether it is to happen."""

    approve: bool


class ApprovalAnswer(BaseModel):
    """One open request; `may_decide` is whether the caller is one who can."""

    approval_id: str
    action: str
    officer_id: str | None = Field(description="null where it is about months of the evidence")
    login_name: str | None
    months: str | None = Field(description="months of the evidence to drop, yyyy-mm with spaces between them")
    role: str | None
    reason: str
    requested_by: str | None = Field(description="login name; null where the server's operator asked")
    operator: str | None
    requested_at: str
    expires_at: str
    may_decide: bool


class OpenApprovals(BaseModel):
    """The requests that concern the caller, oldest first."""

    approvals: list[ApprovalAnswer]


def approval_router(desk: ApprovalDesk, rejections: Rejections, get_approver: GetCaller) -> APIRouter:
    """Return the routes for administrators who ask and decide."""
    router = APIRouter(tags=["administration"])

    @router.post(
        "/v1/approvals",
        summary="Ask for what takes two administrators",
        openapi_extra=body_of(ApprovalRequest),
        response_model=None,
        status_code=201,
        responses={
            201: {"model": ApprovalAnswer},
            **problems(
                ProblemCode.OFFICER_UNKNOWN,
                ProblemCode.ROLE_NOT_PERMITTED,
                ProblemCode.OWN_ACCOUNT,
                ProblemCode.OUTSIDE_OWN_UNITS,
                ProblemCode.ROLE_OUT_OF_REACH,
                ProblemCode.NOTHING_TO_CHANGE,
            ),
        },
    )
    async def ask(request: Request, caller: Annotated[Caller, Depends(get_approver)]) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, ApprovalRequest, max_bytes=MAX_BODY_BYTES)
            with database_trouble():
                approval = await desk.request(
                    caller,
                    body.action,
                    officer_id_in(body.officer_id),
                    body.reason,
                    role=body.role,
                    person_code=body.person_code,
                )
        return _json(_shown(desk, approval, may_decide=False), status=201)

    @router.get(
        "/v1/approvals",
        summary="Open requests: one's own, and those one may decide",
        response_model=None,
        responses={200: {"model": OpenApprovals}, **problems(ProblemCode.ROLE_NOT_PERMITTED)},
    )
    async def list_open(caller: Annotated[Caller, Depends(get_approver)]) -> Response:
        with database_trouble():
            concerning = await desk.open(caller)
        approvals = [_shown(desk, approval, may_decide=may_decide) for approval, may_decide in concerning]
        return _json(OpenApprovals(approvals=approvals))

    @router.post(
        "/v1/approvals/{approval_id}/decision",
        summary="Approve or refuse what another administrator, or the operator, asked for",
        openapi_extra=body_of(Decision),
        response_model=None,
        status_code=204,
        responses=problems(
            ProblemCode.APPROVAL_UNKNOWN,
            ProblemCode.OFFICER_UNKNOWN,
            ProblemCode.ROLE_NOT_PERMITTED,
            ProblemCode.SECOND_PERSON_NEEDED,
            ProblemCode.OWN_ACCOUNT,
            ProblemCode.OUTSIDE_OWN_UNITS,
            ProblemCode.ROLE_OUT_OF_REACH,
            ProblemCode.APPROVAL_CLOSED,
            ProblemCode.APPROVAL_OUTDATED,
            ProblemCode.NOTHING_TO_CHANGE,
            ProblemCode.PERSON_CODE_NEEDED,
            ProblemCode.PERSON_HAS_ANOTHER_ACCOUNT,
        ),
    )
    async def decide(
        approval_id: str, request: Request, caller: Annotated[Caller, Depends(get_approver)]
    ) -> Response:
        async with rejections(caller):
            body, _ = await read_json(request, Decision, max_bytes=MAX_BODY_BYTES)
            decided = _id(approval_id, ProblemCode.APPROVAL_UNKNOWN)
            with database_trouble():
                await desk.decide(caller, decided, approves=body.approve)
        return Response(status_code=204)

    return router


def own_notices_router(resets: ResetDesk, get_caller: GetCaller, get_restricted: GetCaller) -> APIRouter:
    """Return what the person concerned may do: stop a reset of their second factor, note what they read."""
    router = APIRouter(tags=["officer"])

    @router.delete(
        "/v1/me/second-factor-reset",
        summary="Cancel the reset of one's own second factor",
        response_model=None,
        status_code=204,
        responses=problems(ProblemCode.RESET_UNKNOWN),
    )
    async def cancel(caller: Annotated[Caller, Depends(get_caller)]) -> Response:
        with database_trouble():
            await resets.cancel_own(caller)
        return Response(status_code=204)

    @router.post(
        "/v1/me/notices/{notice_id}/acknowledgement",
        summary="Note that one has read a notice about one's account",
        response_model=None,
        status_code=204,
        responses=problems(ProblemCode.ACCOUNT_NOTICE_UNKNOWN),
    )
    async def acknowledge(notice_id: str, caller: Annotated[Caller, Depends(get_restricted)]) -> Response:
        with database_trouble():
            await resets.acknowledge(caller, _id(notice_id, ProblemCode.ACCOUNT_NOTICE_UNKNOWN))
        return Response(status_code=204)

    return router


def _id(text: str, unknown: ProblemCode) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(unknown) from None


def _shown(desk: ApprovalDesk, approval: Approval, *, may_decide: bool) -> ApprovalAnswer:
    return ApprovalAnswer(
        approval_id=str(approval.approval_id),
        action=approval.action.value,
        officer_id=str(approval.officer_id) if approval.officer_id is not None else None,
        months=approval.months,
        login_name=desk.login_name(approval.officer_id),
        role=approval.role.value if approval.role is not None else None,
        reason=approval.reason,
        requested_by=desk.login_name(approval.requested_by),
        operator=approval.operator,
        requested_at=rfc3339(approval.requested_at),
        expires_at=rfc3339(approval.expires_at),
        may_decide=may_decide,
    )


def _json(answer: BaseModel, status: int = 200) -> Response:
    return Response(orjson.dumps(answer.model_dump()), status, media_type="application/json")
