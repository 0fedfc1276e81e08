"""Receipts over HTTP: the officer's, that a lookup was impossible; and anybody's check of one."""

from html import escape
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.routes import GetCaller, request_of
from app.accounts.throttling import SignInsThrottledError, SignInThrottle
from app.clock import VIETNAM
from app.errors import ProblemCode, TooManyError
from app.lookup.receipt_values import Receipt
from app.lookup.receipts import ReceiptDesk
from app.lookup.routes import parse_lookup_id
from app.web.openapi import problems

CHECKS_PER_SECOND: Final = 20.0
_PDF: Final = "application/pdf"
_PAPER: Final = {"content": {_PDF: {"schema": {"type": "string", "format": "binary"}}}}
_VALID: Final = "Phiếu này do cổng tra cứu lập và còn được ghi nhận."
_INVALID: Final = "Không có phiếu nào mang mã này: phiếu không hợp lệ."
_PAGE: Final = """<!doctype html>
<html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kiểm tra phiếu</title>
<h1>Kiểm tra phiếu tra cứu cư trú</h1>
<p><strong>{verdict}</strong></p>
<p>Ngày lập: {day}<br>Đơn vị: {unit}</p>
<p>Đối chiếu ngày lập và đơn vị với phiếu.
Nội dung bản điện tử được kiểm tra bằng chữ ký số trong tệp PDF.</p>
</html>
"""


class ReceiptCheck(BaseModel):
    """Whether a receipt was issued here, when and by which unit: the same members for one that was not."""

    valid: bool
    issued_on: str | None
    unit: str | None


def receipt_router(desk: ReceiptDesk, throttle: SignInThrottle, get_caller: GetCaller) -> APIRouter:
    """Return the routes of receipts; checking one needs no sign-in and tells nothing of its lookup."""
    router = APIRouter(tags=["lookup"])

    @router.get(
        "/v1/residence-lookups/{lookup_id}/refusal-receipt",
        summary="A signed receipt that one's own lookup was impossible, so that paper may be asked for",
        response_model=None,
        responses={
            200: {"description": "the receipt as signed PDF; it names no citizen", **_PAPER},
            **problems(
                ProblemCode.LOOKUP_UNKNOWN,
                ProblemCode.LOOKUP_NOT_ENDED,
                ProblemCode.PAPER_NOT_OPEN,
                ProblemCode.RECEIPTS_NOT_SET_UP,
                ProblemCode.PAPERS_BUSY,
            ),
        },
    )
    async def refusal_receipt(lookup_id: str, caller: Annotated[Caller, Depends(get_caller)]) -> Response:
        known_id = parse_lookup_id(lookup_id)
        issued = await desk.refuse(caller, known_id)
        headers = {
            "Content-Disposition": f'attachment; filename="khong-khai-thac-duoc-{known_id}.pdf"',
            "X-Lookup-Id": str(known_id),
        }
        return Response(issued.content, 200, headers, _PDF)

    @router.get(
        "/v1/receipts/{receipt_id}",
        summary="Whether a receipt is one of ours, its day and unit; a page for people who scan its square",
        response_model=None,
        responses={200: {"model": ReceiptCheck}, **problems(ProblemCode.TOO_MANY_RECEIPT_CHECKS)},
    )
    async def check(receipt_id: str, request: Request) -> Response:
        try:
            throttle.step(request_of(request).address)
        except SignInsThrottledError as error:
            seconds = error.retry_after_seconds
            raise TooManyError(ProblemCode.TOO_MANY_RECEIPT_CHECKS, retry_after_seconds=seconds) from None
        found = _checked(await desk.check(receipt_id))
        if "text/html" in request.headers.get("accept", ""):
            return _page(found)
        return Response(orjson.dumps(found.model_dump()), media_type="application/json")

    return router


def _checked(receipt: Receipt | None) -> ReceiptCheck:
    if receipt is None:
        return ReceiptCheck(valid=False, issued_on=None, unit=None)
    day = receipt.issued_at.astimezone(VIETNAM).date()
    return ReceiptCheck(valid=True, issued_on=day.isoformat(), unit=receipt.unit_name)


def _page(found: ReceiptCheck) -> Response:
    page = _PAGE.format(
        verdict=_VALID if found.valid else _INVALID,
        day=found.issued_on or "–",
        unit=escape(found.unit or "–"),
    )
    headers = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return Response(page, 200, headers, "text/html; charset=utf-8")
