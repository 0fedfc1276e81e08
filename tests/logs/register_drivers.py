"""How the routes about units and client software are called, with persons where names and ids belong."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND, PURPOSE
from tests.logs.stage import Driver, Stage
from tests.world import a_dossier_code, a_lookup

NAME = PERSONAS[FOUND].full_name
_UNIT, _CLIENT = "/v1/units/{unit_id}", "/v1/clients/{client_id}"
_DAY = date(2199, 1, 1).isoformat()
_NEW: dict[str, Any] = {"name": "Phần mềm", "networks": ["127.0.0.0/8"]}
Call = Callable[..., Awaitable[httpx.Response]]


async def _administrator(stage: Stage) -> Call:
    token = await stage.sign_in(invented.ADMINISTRATOR)

    async def call(method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        named = bearer(token) | {name.replace("_", "-"): value for name, value in headers.items()}
        sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await stage.gateway.http.request(method, path, headers=named, **sent)

    return call


def _expect(status: int, *answers: httpx.Response) -> None:
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(answers), codes


def _get(status: int, *paths: str) -> Driver:
    async def drive(stage: Stage, _: str) -> None:
        call = await _administrator(stage)
        _expect(status, *[await call("GET", path) for path in paths])

    return drive


async def _list_units(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    _expect(200, await call("GET", f"/v1/units?text={quote(NAME)}"))
    _expect(422, await call("GET", f"/v1/units?text={quote(NAME)}&ten={FOUND}"))
    _expect(422, *[await call("GET", f"/v1/units?{name}={quote(NAME)}") for name in ("on", "kind", "below")])


async def _export(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    _expect(200, await call("GET", "/v1/units/export?format=csv"))
    _expect(422, await call("GET", f"/v1/units/export?format=csv&ten={quote(NAME)}"))
    _expect(422, await call("GET", f"/v1/units/export?format={quote(NAME)}"))


async def _add_unit(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    body = {"name": "Xã", "agency_code": "H19.77", "kind": "commune", "level": "commune", "on": _DAY}
    wrong = [body | {"kind": NAME}, body | {"document_number": FOUND}, body | {NAME: FOUND}]
    _expect(422, *[await call("POST", "/v1/units", each) for each in wrong])
    _expect(409, await call("POST", "/v1/units", body | {"agency_code": FOUND}))


async def _change_unit(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    (unit, *_rest) = (await call("GET", "/v1/units")).json()["units"]
    path, body = f"/v1/units/{unit['unit_id']}/changes", {"on": _DAY, "document_number": "1/QĐ"}
    wrong = [body | {"change": NAME}, body | {"change": "rename", NAME: FOUND}, {NAME: FOUND}]
    _expect(422, *[await call("POST", path, each, If_Match='"1"') for each in wrong])
    rename = body | {"change": "rename", "name": NAME}
    _expect(412, await call("POST", path, rename, If_Match=FOUND))
    _expect(404, await call("POST", f"/v1/units/{FOUND}/changes", rename, If_Match='"1"'))


async def _import(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, csv = "/v1/units/import", {"Content_Type": "text/csv"}
    file = f"agency_code,name,kind,level\n{FOUND},{NAME},{NAME},{FOUND}\n".encode()
    _expect(422, await call("POST", path, file, **csv), await call("POST", path, b"%PDF " + file, **csv))
    _expect(422, await call("POST", f"{path}?document_number={FOUND}", file, **csv))
    _expect(200, await call("POST", f"{path}?dry_run=true", file, **csv))


async def _ward(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    _expect(404, *[await call("GET", f"/v1/divisions/wards/{each}") for each in (FOUND, quote(NAME))])


async def _add_client(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    wrong: list[dict[str, Any]] = [
        {"client_id": FOUND},
        {"client_id": "khac", "name": [NAME]},
        {"client_id": "khac", NAME: FOUND},
    ]
    _expect(422, *[await call("POST", "/v1/clients", _NEW | each) for each in wrong])


def _on_client(method: str, what: str, *wrong: object) -> Driver:
    async def drive(stage: Stage, _: str) -> None:
        call = await _administrator(stage)
        path = f"/v1/clients/{invented.CLIENT_ID}/{what}"
        _expect(422, *[await call(method, path, body, If_Match='"1"') for body in wrong])
        right: dict[str, object] = {
            "limits": {"networks": ["::1/128"], "grants": [], "procedures": None, "expires_at": None},
            "suspension": {"reason": PURPOSE},
            "secrets": {},
        }
        if what in right:
            _expect(412, await call(method, path, right[what], If_Match=FOUND))
            _expect(404, await call(method, f"/v1/clients/{FOUND}/{what}", right[what], If_Match='"1"'))

    return drive


async def _end_credential(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    tag = (await call("GET", f"/v1/clients/{invented.CLIENT_ID}")).headers["etag"]
    path = f"/v1/clients/{invented.CLIENT_ID}/credentials/{FOUND}"
    _expect(403, await call("DELETE", path, If_Match=tag))
    _expect(428, await call("DELETE", path))


async def _link_dossier(stage: Stage, token: str) -> None:
    path = f"/v1/residence-lookups/{FOUND}/dossier"
    code = a_dossier_code()
    wrong: list[dict[str, Any]] = [{"dossier_code": NAME}, {"dossier_code": FOUND}, {NAME: FOUND}]
    _expect(422, *[await stage.post(path, token, body) for body in wrong])
    _expect(404, await stage.post(path, token, {"dossier_code": code}))
    lookup = {name: value for name, value in a_lookup().items() if name != "dossier_code"}
    asked = lookup | {"no_dossier_reason": "completing_papers", "purpose": PURPOSE}
    card = {name: value for name, value in asked.items() if name != "citizen"}
    card |= {"verification_method": "qr_reader"}
    content = f"{FOUND}||{NAME}|09051990|Nam|{PURPOSE}|01072021"
    mangled = content.encode().decode("latin-1")
    _expect(200, await stage.post("/v1/residence-lookups", token, card | {"card_qr": mangled}))
    for damaged in (content[:-1], mangled.replace("\xe1", "?"), NAME):
        _expect(422, await stage.post("/v1/residence-lookups", token, card | {"card_qr": damaged}))
    made = await stage.post("/v1/residence-lookups", token, asked)
    lookup_id = made.raise_for_status().json()["lookup_id"]
    _expect(
        204, await stage.post(f"/v1/residence-lookups/{lookup_id}/dossier", token, {"dossier_code": code})
    )


def _unlinked(path: str) -> Driver:
    async def drive(stage: Stage, _: str) -> None:
        call = await _administrator(stage)
        _expect(200, await call("GET", path))
        _expect(422, await call("GET", f"{path}?ten={quote(NAME)}"))
        _expect(422, await call("GET", f"{path}?reason={quote(NAME)}"))
        _expect(404, await call("GET", f"{path}?unit={FOUND}"))

    return drive


REGISTER_DRIVERS: dict[tuple[str, str], Driver] = {
    ("GET", "/v1/units"): _list_units,
    ("GET", "/v1/units/export"): _export,
    ("GET", _UNIT): _get(404, f"/v1/units/{FOUND}", f"/v1/units/{quote(NAME)}"),
    ("POST", "/v1/units"): _add_unit,
    ("POST", f"{_UNIT}/changes"): _change_unit,
    ("POST", "/v1/units/import"): _import,
    ("GET", "/v1/divisions/wards/{former_code}"): _ward,
    ("POST", "/v1/residence-lookups/{lookup_id}/dossier"): _link_dossier,
    ("GET", "/v1/unlinked-lookups"): _unlinked("/v1/unlinked-lookups"),
    ("GET", "/v1/unlinked-lookups/export"): _unlinked("/v1/unlinked-lookups/export"),
    ("GET", "/v1/clients"): _get(200, "/v1/clients", f"/v1/clients?cursor={FOUND}"),
    ("POST", "/v1/clients"): _add_client,
    ("GET", _CLIENT): _get(404, f"/v1/clients/{FOUND}", f"/v1/clients/{quote(NAME)}"),
    ("PUT", f"{_CLIENT}/limits"): _on_client("PUT", "limits", {"grants": [NAME]}, {NAME: FOUND}),
    ("POST", f"{_CLIENT}/suspension"): _on_client("POST", "suspension", {"reason": FOUND}, {NAME: FOUND}),
    ("DELETE", f"{_CLIENT}/suspension"): _on_client("DELETE", "suspension"),
    ("POST", f"{_CLIENT}/secrets"): _on_client("POST", "secrets", {"overlap_hours": NAME}, {NAME: FOUND}),
    ("POST", f"{_CLIENT}/keys"): _on_client("POST", "keys", {"public_key": NAME}, {NAME: FOUND}),
    ("POST", f"{_CLIENT}/certificates"): _on_client(
        "POST", "certificates", {"certificate": NAME}, {NAME: FOUND}
    ),
    ("DELETE", f"{_CLIENT}/credentials/{{credential_id}}"): _end_credential,
}
