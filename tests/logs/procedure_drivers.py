"""How the routes about procedures and grants are called, with persons where names, ids and words belong."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import httpx

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
_CODE = invented.RESIDENCE_PROCEDURE
_BODY: dict[str, Any] = {"name": "Thủ tục", "legal_basis": "Nghị định 104/2022/NĐ-CP, Điều 14"}
_CSV = {"Content_Type": "text/csv"}
Call = Callable[..., Awaitable[httpx.Response]]


async def _administrator(stage: Stage) -> Call:
    token = await stage.sign_in(invented.ADMINISTRATOR)

    async def call(method: str, path: str, body: object = None, **more: str) -> httpx.Response:
        headers = bearer(token) | {name.replace("_", "-"): value for name, value in more.items()}
        sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await stage.gateway.http.request(method, path, headers=headers, **sent)

    return call


def _expect(status: int, *answers: httpx.Response) -> None:
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(answers), codes


def _get(right: dict[int, tuple[str, ...]]) -> Driver:
    async def drive(stage: Stage, _: str) -> None:
        call = await _administrator(stage)
        for status, paths in right.items():
            _expect(status, *[await call("GET", path) for path in paths])

    return drive


async def _add(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, body = "/v1/procedures", _BODY | {"procedure_code": "1.000999"}
    wrong = [body | {"roles": [NAME]}, body | {NAME: FOUND}, body | {"document_number": FOUND}]
    _expect(422, *[await call("POST", path, each) for each in wrong])
    refused = [
        body | {"procedure_code": FOUND},
        body | {"legal_basis": FOUND},
        body | {"fields": {"religion": None}},
    ]
    _expect(409, *[await call("POST", path, each) for each in refused])


async def _change(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path = f"/v1/procedures/{_CODE}"
    _expect(422, await call("PUT", path, _BODY | {NAME: FOUND}, If_Match='"1"'))
    _expect(412, await call("PUT", path, _BODY, If_Match=FOUND))
    _expect(404, await call("PUT", f"/v1/procedures/{FOUND}", _BODY, If_Match='"1"'))


def _import(what: str, file: bytes) -> Driver:
    async def drive(stage: Stage, _: str) -> None:
        call = await _administrator(stage)
        path = f"/v1/{what}/import"
        _expect(200, await call("POST", path, file, **_CSV))
        _expect(422, await call("POST", f"{path}?dry_run=false", file, **_CSV))
        _expect(422, await call("POST", path, b"%PDF " + file, **_CSV))
        _expect(422, await call("POST", f"{path}?document_number={FOUND}", file, **_CSV))

    return drive


async def _grant(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    (unit, *_rest) = (await call("GET", "/v1/units")).json()["units"]
    path, body = f"/v1/grants/{unit['unit_id']}/{_CODE}", {"document_number": "1/QĐ"}
    wrong = [body | {"change": NAME}, {"change": "give", "document_number": FOUND}, {NAME: FOUND}]
    _expect(422, *[await call("POST", f"{path}/changes", each, If_Match='"1"') for each in wrong])
    give = body | {"change": "give"}
    _expect(412, await call("POST", f"{path}/changes", give, If_Match=FOUND))
    unknown = f"/v1/grants/{FOUND}/{_CODE}/changes", f"/v1/grants/{unit['unit_id']}/{quote(NAME)}/changes"
    _expect(404, *[await call("POST", each, give, If_Match='"1"') for each in unknown])


_PROCEDURE, _GRANT = "/v1/procedures/{procedure_code}", "/v1/grants/{unit_id}/{procedure_code}"
_PROCEDURES_FILE = f"procedure_code,name,legal_basis,religion\n{FOUND},{NAME},{FOUND},x\n".encode()
_GRANTS_FILE = f"agency_code,procedure_code,deed\n{FOUND},{FOUND},{NAME}\n".encode()

PROCEDURE_DRIVERS: dict[tuple[str, str], Driver] = {
    ("GET", "/v1/procedures"): _get(
        {
            200: (f"/v1/procedures?text={quote(NAME)}", f"/v1/procedures?cursor={FOUND}"),
            422: tuple(f"/v1/procedures?{name}={quote(NAME)}" for name in ("on", "is_in_force", "ten")),
        }
    ),
    ("POST", "/v1/procedures"): _add,
    ("GET", "/v1/procedures/template"): _get(
        {200: ("/v1/procedures/template",), 422: (f"/v1/procedures/template?ten={quote(NAME)}",)}
    ),
    ("GET", "/v1/procedures/export"): _get(
        {
            200: ("/v1/procedures/export?format=csv",),
            422: (f"/v1/procedures/export?on={FOUND}", f"/v1/procedures/export?ten={quote(NAME)}"),
        }
    ),
    ("POST", "/v1/procedures/import"): _import("procedures", _PROCEDURES_FILE),
    ("GET", _PROCEDURE): _get({404: (f"/v1/procedures/{FOUND}", f"/v1/procedures/{quote(NAME)}")}),
    ("PUT", _PROCEDURE): _change,
    ("GET", "/v1/grants"): _get(
        {
            200: (f"/v1/grants?procedure={FOUND}",),
            422: tuple(f"/v1/grants?{name}={quote(NAME)}" for name in ("cursor", "on", "ten")),
            404: (f"/v1/grants?unit={FOUND}", f"/v1/grants?unit={quote(NAME)}"),
        }
    ),
    ("GET", "/v1/grants/template"): _get(
        {200: ("/v1/grants/template",), 422: (f"/v1/grants/template?ten={quote(NAME)}",)}
    ),
    ("GET", "/v1/grants/export"): _get(
        {200: ("/v1/grants/export?format=csv",), 422: (f"/v1/grants/export?format={quote(NAME)}",)}
    ),
    ("POST", "/v1/grants/import"): _import("grants", _GRANTS_FILE),
    ("GET", _GRANT): _get({404: (f"/v1/grants/{FOUND}/{_CODE}", f"/v1/grants/{FOUND}/{quote(NAME)}")}),
    ("POST", f"{_GRANT}/changes"): _grant,
}
