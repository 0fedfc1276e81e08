"""The route that takes a list, of procedures or of grants: checked, or carried out as a whole."""

from datetime import date
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.exports import XLSX
from app.accounts.registration_routes import ListUnreadableError
from app.accounts.rejections import Rejections
from app.accounts.routes import GetCaller
from app.accounts.trouble import database_trouble
from app.errors import ProblemCode
from app.procedures.catalogue.schemas import ListAnswer, ListQuery
from app.procedures.lists.reporting import ListReport
from app.procedures.lists.sending import FILE_BODY, SentList, list_answer, sent_list
from app.procedures.lists.values import Terms
from app.sheets.errors import SheetError
from app.web.openapi import problems
from app.web.queries import read_query

_ANSWERS: Final = (
    ProblemCode.ROLE_NOT_PERMITTED,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.REQUEST_TOO_LARGE,
    ProblemCode.MALFORMED_REQUEST,
    ProblemCode.INVALID_VALUE,
    ProblemCode.LIST_UNREADABLE,
    ProblemCode.LIST_REFUSED,
    ProblemCode.LIST_BUSY,
)


class TakesLists(Protocol):
    """A desk that takes lists."""

    def terms(self, on: date | None, document_number: str | None) -> Terms:
        """Return what stands for rows that say neither; InvalidRequestError for a day that is past."""
        ...

    async def take_list(
        self, caller: Caller, sent: SentList, terms: Terms, *, is_dry_run: bool
    ) -> ListReport[Any]:
        """Do what a list says, all of it or nothing; return what each row comes to.

        Raises SheetError, ListBusyError and AuditUnavailableError; nothing has changed then.
        """
        ...


def add_list_route(
    router: APIRouter,
    path: str,
    summary: str,
    desk: TakesLists,
    rejections: Rejections,
    get_manager: GetCaller,
) -> None:
    """Give *router* the route at *path* whose lists *desk* takes."""

    @router.post(
        path,
        summary=summary,
        openapi_extra=FILE_BODY,
        response_model=None,
        responses={200: {"model": ListAnswer, "content": {XLSX: {}}}, **problems(*_ANSWERS)},
    )
    async def import_list(
        request: Request,
        caller: Annotated[Caller, Depends(get_manager)],
        dry_run: str | None = None,
        sheet: str | None = None,
        on: str | None = None,
        document_number: str | None = None,
    ) -> Response:
        async with rejections(caller):
            asked = read_query(
                ListQuery, dry_run=dry_run, sheet=sheet, on=on, document_number=document_number
            )
            terms = desk.terms(asked.on, asked.document_number)
            sent = await sent_list(request, asked.sheet)
            try:
                with database_trouble():
                    report = await desk.take_list(caller, sent, terms, is_dry_run=asked.dry_run)
            except SheetError as error:
                refusal = ListUnreadableError(error)
            else:
                return await list_answer(request, report, is_dry_run=asked.dry_run)
            raise refusal
