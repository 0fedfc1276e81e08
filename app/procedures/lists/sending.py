"""Lists sent over HTTP: what may be sent, how many are handled at once, and the answers to them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.exports import CSV, WINDOWS_CSV, XLSX, attachment
from app.accounts.registering_lists import ListBusyError
from app.errors import ConflictError, InvalidRequestError, ProblemCode
from app.procedures.lists.fault_texts import what_is_wrong, what_mends_it
from app.procedures.lists.faults import Fault
from app.procedures.lists.reporting import ListReport
from app.sheets.values import MEBIBYTE
from app.web.bodies import read_bytes
from app.web.problems import language_of
from app.web.refused_values import MediaTypeError

MAX_FILE_BYTES: Final = 5 * MEBIBYTE
_MOST_ROWS: Final = 2_000  # a report in JSON; the workbook has all
_AT_ONCE: Final = 2  # each may take a processor and 300 MB
_NAMES: Final = {XLSX: "list.xlsx", CSV: "list.csv", WINDOWS_CSV: "list.csv"}
FILE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _NAMES},
    }
}
"""`openapi_extra` of a route that takes a list."""


@dataclass(frozen=True, slots=True)
class SentList:
    """A file as it was sent; `name` is made of its media type."""

    content: bytes
    name: str
    sheet: str | None


class ListSlots:
    """A few places for lists that are read or planned; shared by all desks of a process."""

    def __init__(self) -> None:
        """Begin with all places free."""
        self._busy = 0

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the few places; ListBusyError where there is none."""
        if self._busy >= _AT_ONCE:
            raise ListBusyError
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1


class ListRefusedError(InvalidRequestError):
    """Rows of the list are wrong, so nothing of it was carried out."""

    def __init__(self, report: ListReport[Any]) -> None:
        """Keep the report for the answer."""
        super().__init__(ProblemCode.LIST_REFUSED)
        self._report = report

    def members(self, language: str) -> dict[str, object]:
        """Return the report."""
        return {"report": self._report.as_json(_known(language), _MOST_ROWS) | {"applied": False}}


class ChangeRefusedError(ConflictError):
    """One change was not made: what is wrong with it, as a list would say it."""

    def __init__(self, code: ProblemCode, faults: tuple[Fault, ...]) -> None:
        """Keep the faults for the answer."""
        super().__init__(code)
        self._faults = faults

    def members(self, language: str) -> dict[str, object]:
        """Return the faults, each with its column, what is wrong and what mends it."""
        known = _known(language)
        return {
            "faults": [
                {
                    "code": fault.code.value,
                    "column": fault.column.value,
                    "what": what_is_wrong(fault, known),
                    "fix": what_mends_it(fault, known),
                }
                for fault in self._faults
                if not fault.is_warning
            ]
        }


async def sent_list(request: Request, sheet: str | None) -> SentList:
    """Return the file in a request; InvalidRequestError as `read_bytes`, and UNSUPPORTED_MEDIA_TYPE."""
    kind = request.headers.get("content-type", "").split(";", maxsplit=1)[0].strip().lower()
    name = _NAMES.get(kind)
    if name is None:
        raise MediaTypeError(_NAMES)
    return SentList(await read_bytes(request, max_bytes=MAX_FILE_BYTES), name, sheet)


async def list_answer(request: Request, report: ListReport[Any], *, is_dry_run: bool) -> Response:
    """Return the report as JSON, or as the list itself, annotated, to who accepts a workbook.

    Raises ListRefusedError where a list that was to be carried out has faults.
    """
    if not is_dry_run and not report.plan.may_be_applied:
        raise ListRefusedError(report)
    language = _known(language_of(request.headers.get("accept-language")))
    if XLSX in request.headers.get("accept", ""):
        content = await asyncio.to_thread(report.workbook, language)
        return Response(content, headers=attachment("ket-qua.xlsx"), media_type=XLSX)
    body = await asyncio.to_thread(report.as_json, language, _MOST_ROWS)
    content = orjson.dumps(body | {"applied": not is_dry_run})
    return Response(content, headers={"Content-Language": language}, media_type="application/json")


def file_answer(content: bytes, name: str, *, is_xlsx: bool) -> Response:
    """Return a file to be kept; *name* has no ending."""
    headers = attachment(f"{name}.{'xlsx' if is_xlsx else 'csv'}")
    return Response(content, headers=headers, media_type=XLSX if is_xlsx else f"{CSV}; charset=utf-8")


def _known(language: str) -> Literal["vi", "en"]:
    return "en" if language == "en" else "vi"
