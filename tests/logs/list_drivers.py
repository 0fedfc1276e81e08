"""How lists are exported and one officer is registered, with persons where conditions and words belong."""

from typing import Any
from urllib.parse import quote

import httpx

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
_NEW: dict[str, Any] = {
    "login_name": "moi.mot",
    "full_name": "Cán Bộ Mới",
    "unit": invented.COMMUNE_CODE,
    "position": "công chức TN-TKQ",
}


async def _call(stage: Stage, method: str, path: str, body: object = None) -> httpx.Response:
    token = await stage.sign_in(invented.ADMINISTRATOR)
    return await stage.gateway.http.request(method, path, json=body, headers=bearer(token))


def _expect(status: int, *answers: httpx.Response) -> None:
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(answers), codes


def _list(path: str, *wrong: str, text: bool = False) -> Driver:
    """Return who reads a list, with a name where nobody looks, and where something is looked for."""

    async def drive(stage: Stage, _: str) -> None:
        sought = f"?text={quote(NAME)}" if text else ""
        _expect(200, await _call(stage, "GET", path + sought))
        _expect(422, await _call(stage, "GET", f"{path}?ten={quote(NAME)}"))
        _expect(422, *[await _call(stage, "GET", f"{path}?{name}={quote(NAME)}") for name in wrong])

    return drive


async def _own_lookups(stage: Stage, token: str) -> None:
    assert (await stage.look_up(token, FOUND)).is_success
    path = "/v1/me/lookups"
    listed = await stage.gateway.http.get(path, headers=bearer(token))
    _expect(200, listed)
    assert listed.json()["lookups"]
    wrong = [f"{path}?{name}={quote(NAME)}" for name in ("cursor", "page_size", "from_day", "to_day", "ten")]
    _expect(422, *[await stage.gateway.http.get(each, headers=bearer(token)) for each in wrong])


async def _export_review(stage: Stage, _: str) -> None:
    opened = await _call(stage, "POST", "/v1/reviews", {})
    assert opened.status_code in {201, 409}  # another driver may have opened it
    path = "/v1/reviews/current/export"
    _expect(200, await _call(stage, "GET", path))
    _expect(422, await _call(stage, "GET", f"{path}?ten={quote(NAME)}"))
    _expect(404, await _call(stage, "GET", f"{path}?unit={FOUND}"))
    _expect(404, await _call(stage, "GET", f"/v1/reviews/{quote(NAME)}/export"))
    _expect(422, await _call(stage, "GET", f"{path}?answer={quote(NAME)}"))


async def _register(stage: Stage, _: str) -> None:
    wrong = [
        _NEW | {"position": NAME},
        _NEW | {"unit": FOUND},
        _NEW | {"document_number": FOUND},
        _NEW | {"login_name": NAME},
        _NEW | {NAME: FOUND},
        {"login_name": [NAME]},
    ]
    _expect(422, *[await _call(stage, "POST", "/v1/officers", body) for body in wrong])
    _expect(201, await _call(stage, "POST", "/v1/officers", _NEW))


LIST_DRIVERS: dict[tuple[str, str], Driver] = {
    ("POST", "/v1/officers"): _register,
    ("GET", "/v1/clients/export"): _list("/v1/clients/export", "kind", "unit_id", text=True),
    ("GET", "/v1/handovers"): _list("/v1/handovers", "received", "cursor"),
    ("GET", "/v1/handovers/export"): _list("/v1/handovers/export", "received", "format"),
    ("GET", "/v1/reports/registration/export"): _list("/v1/reports/registration/export", "waiting", "format"),
    ("GET", "/v1/reports/usage"): _list("/v1/reports/usage", "level", "trend", "few", "from_day"),
    ("GET", "/v1/reports/usage/export"): _list("/v1/reports/usage/export", "sheet", "format", "to_day"),
    ("GET", "/v1/me/lookups"): _own_lookups,
    ("GET", "/v1/reviews"): _list("/v1/reviews", "page_size", "cursor"),
    ("GET", "/v1/reviews/{review_id}/export"): _export_review,
}
