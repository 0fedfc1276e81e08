"""How the routes of administrators are called, with persons where reasons, names and ids belong."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import httpx

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND, PURPOSE
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
_OFFICER = "/v1/officers/{officer_id}"
_APPROVALS = "/v1/approvals"


async def _administrator(stage: Stage, login_name: str = invented.ADMINISTRATOR) -> Callable[..., Any]:
    """Return a way to call the gateway as an administrator."""
    token = await stage.sign_in(login_name)

    async def call(method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await stage.gateway.http.request(method, path, json=body, headers=bearer(token) | named)

    return call


async def _officer(call: Callable[..., Awaitable[httpx.Response]], login_name: str) -> tuple[str, str]:
    """Return the path of an officer and their present tag."""
    answer = (await call("GET", f"/v1/officers?login_name={login_name}")).raise_for_status()
    return f"/v1/officers/{answer.json()['officer_id']}", answer.headers["etag"]


def _expect(status: int, *answers: httpx.Response) -> None:
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(answers), codes


async def _find(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    for name in (FOUND, quote(NAME), ""):
        _expect(404, await call("GET", f"/v1/officers?login_name={name}"))
    _expect(200, await call("GET", f"/v1/officers?text={quote(NAME)}&incomplete=true"))
    for wrong in ("unit", "role", "cursor", "page_size"):
        _expect(422, await call("GET", f"/v1/officers?{wrong}={quote(NAME)}"))


async def _show(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, _tag = await _officer(call, invented.CENTRE_RECEPTION)
    _expect(200, await call("GET", path, If_None_Match=FOUND))
    _expect(422, await call("GET", f"{path}?ten={quote(NAME)}", If_None_Match=FOUND))
    _expect(404, await call("GET", f"/v1/officers/{FOUND}"), await call("GET", f"/v1/officers/{quote(NAME)}"))


async def _suspend(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, tag = await _officer(call, invented.CENTRE_RECEPTION)
    wrong = [
        {"reason": FOUND},
        {"reason": f"căn cước {FOUND}"},
        {"reason": "x", NAME: FOUND},
        {"reason": [NAME]},
    ]
    _expect(422, *[await call("POST", f"{path}/suspension", body, If_Match=tag) for body in wrong])
    _expect(412, await call("POST", f"{path}/suspension", {"reason": PURPOSE}, If_Match=FOUND))
    _expect(204, await call("POST", f"{path}/suspension", {"reason": PURPOSE}, If_Match=tag))
    _path, tag = await _officer(call, invented.CENTRE_RECEPTION)
    _expect(204, await call("DELETE", f"{path}/suspension", If_Match=tag))


async def _resume(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, tag = await _officer(call, invented.CENTRE_RECEPTION)
    _expect(409, await call("DELETE", f"{path}/suspension", {NAME: FOUND}, If_Match=tag))
    _expect(428, await call("DELETE", f"{path}/suspension"))


async def _change_role(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, tag = await _officer(call, invented.UNMAPPED)
    wrong = [{"role": NAME}, {"role": "processing", "person_code": NAME}, {"role": "processing", NAME: FOUND}]
    _expect(422, *[await call("PUT", f"{path}/role", body, If_Match=tag) for body in wrong])
    _expect(204, await call("PUT", f"{path}/role", {"role": "processing"}, If_Match=tag))


async def _sessions(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, _tag = await _officer(call, invented.CENTRE_RECEPTION)
    _expect(200, await call("GET", f"{path}/sessions"))
    _expect(422, await call("GET", f"{path}/sessions?ten={quote(NAME)}"))


async def _end_sessions(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, tag = await _officer(call, invented.CENTRE_RECEPTION)
    _expect(412, await call("DELETE", f"{path}/sessions", If_Match=f'"{FOUND}x"'))
    _expect(204, await call("DELETE", f"{path}/sessions", If_Match=tag))


async def _ask(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, _tag = await _officer(call, invented.UNIT_ADMINISTRATOR)
    body = {"action": "reset_second_factor", "officer_id": path.rsplit("/", 1)[1], "reason": PURPOSE}
    wrong = [body | {"reason": FOUND}, body | {"action": NAME}, body | {"role": NAME}, body | {NAME: FOUND}]
    _expect(422, *[await call("POST", _APPROVALS, each) for each in wrong])
    _expect(404, *[await call("POST", _APPROVALS, body | {"officer_id": each}) for each in (FOUND, NAME)])
    _expect(201, await call("POST", _APPROVALS, body))


async def _decide(stage: Stage, token: str) -> None:
    await _ask(stage, token)
    call = await _administrator(stage, invented.SECOND_ADMINISTRATOR)
    approvals = (await call("GET", _APPROVALS)).json()["approvals"]
    path = f"{_APPROVALS}/{approvals[0]['approval_id']}/decision"
    _expect(422, await call("POST", path, {"approve": NAME}), await call("POST", path, {NAME: FOUND}))
    _expect(404, await call("POST", f"{_APPROVALS}/{FOUND}/decision", {"approve": True}))
    _expect(204, await call("POST", path, {"approve": False}))


async def _list(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    _expect(200, await call("GET", _APPROVALS))
    _expect(422, await call("GET", f"{_APPROVALS}?ten={quote(NAME)}"))


async def _cancel_reset(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    path, _tag = await _officer(call, invented.AUDITOR)
    _expect(404, await call("DELETE", f"{path}/second-factor-reset", {NAME: FOUND}))
    _expect(404, await call("DELETE", f"/v1/officers/{FOUND}/second-factor-reset"))


async def _cancel_own_reset(stage: Stage, token: str) -> None:
    path, headers = "/v1/me/second-factor-reset", bearer(token)
    _expect(404, await stage.gateway.http.delete(path, headers=headers))
    _expect(422, await stage.gateway.http.delete(f"{path}?ten={quote(NAME)}", headers=headers))


async def _acknowledge(stage: Stage, token: str) -> None:
    for notice_id in (FOUND, quote(NAME)):
        path = f"/v1/me/notices/{notice_id}/acknowledgement"
        _expect(404, await stage.gateway.http.post(path, json={NAME: FOUND}, headers=bearer(token)))


async def _import_list(stage: Stage, _: str) -> None:
    token = await stage.sign_in(invented.ADMINISTRATOR)

    async def send(content: bytes, kind: str = "text/csv", **query: str) -> httpx.Response:
        headers = bearer(token) | {"Content-Type": kind}
        return await stage.gateway.http.post(
            "/v1/officers/import", params=query, content=content, headers=headers
        )

    title = "Tên tài khoản đăng nhập,Họ và tên,Đơn vị,Chức vụ,Số hiệu công chức\n"
    wrong = f"{title}{FOUND},{NAME},{NAME},{NAME},{NAME}\n".encode()
    _expect(200, await send(wrong))
    _expect(422, await send(wrong, ten=NAME))
    _expect(422, await send(wrong, dry_run="false"), await send(wrong, effective_on=NAME))
    _expect(422, await send(NAME.encode()), await send(f"{NAME};{FOUND}\x00".encode()))
    _expect(422, await send(wrong, document_number=f"{NAME}\n{FOUND}"), await send(wrong, sheet=NAME))
    _expect(415, await send(wrong, f"text/{FOUND}"))
    right = f"{title}danh.sach.mot,{NAME},UBND xã Mẫu,công chức TN-TKQ,NV-99\n".encode()
    _expect(200, await send(right, dry_run="false"))
    for code in ("NV-99", FOUND):
        refused = f"{title}danh.sach.hai,{NAME},UBND xã Mẫu,công chức TN-TKQ,{code}\n".encode()
        _expect(422, await send(refused, dry_run="false"))


async def _template(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    _expect(200, await call("GET", "/v1/officers/import/template"))
    _expect(422, await call("GET", f"/v1/officers/import/template?ten={quote(NAME)}"))


async def _export(stage: Stage, _: str) -> None:
    call = await _administrator(stage)
    for kind in ("csv", "xlsx"):
        _expect(200, await call("GET", f"/v1/officers/export?format={kind}&text={quote(NAME)}"))
    _expect(422, await call("GET", f"/v1/officers/export?format={quote(NAME)}"))


ADMINISTRATION_DRIVERS: dict[tuple[str, str], Driver] = {
    ("GET", "/v1/officers"): _find,
    ("GET", "/v1/officers/export"): _export,
    ("GET", "/v1/officers/import/template"): _template,
    ("POST", "/v1/officers/import"): _import_list,
    ("GET", _OFFICER): _show,
    ("POST", f"{_OFFICER}/suspension"): _suspend,
    ("DELETE", f"{_OFFICER}/suspension"): _resume,
    ("PUT", f"{_OFFICER}/role"): _change_role,
    ("GET", f"{_OFFICER}/sessions"): _sessions,
    ("DELETE", f"{_OFFICER}/sessions"): _end_sessions,
    ("DELETE", f"{_OFFICER}/second-factor-reset"): _cancel_reset,
    ("POST", _APPROVALS): _ask,
    ("GET", _APPROVALS): _list,
    ("POST", f"{_APPROVALS}/{{approval_id}}/decision"): _decide,
    ("DELETE", "/v1/me/second-factor-reset"): _cancel_own_reset,
    ("POST", "/v1/me/notices/{notice_id}/acknowledgement"): _acknowledge,
}
