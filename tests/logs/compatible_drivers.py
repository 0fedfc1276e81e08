"""How the routes about lookup-only keys and old software's credentials are called, with persons in them."""

from urllib.parse import quote

import httpx

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
_KEYS = "/v1/me/lookup-keys"
_EVERY = "/v1/lookup-keys"
_OF_OFFICER = "/v1/officers/{officer_id}/lookup-keys"
_CREDENTIALS = "/v1/clients/{client_id}/compatible-credentials"
_OWN = _CREDENTIALS.format(client_id=invented.CLIENT_ID)


def _expect(status: int, *answers: httpx.Response) -> None:
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(answers), codes


async def _call(
    stage: Stage, method: str, path: str, body: object = None, login_name: str = invented.ADMINISTRATOR
) -> httpx.Response:
    headers = bearer(await stage.sign_in(login_name))
    return await stage.gateway.http.request(method, path, json=body, headers=headers)


async def _credential(stage: Stage, _: str) -> None:
    wrong = [
        {"profile": NAME},
        {"profile": "lgsp", "name": FOUND},
        {"profile": "vdxp", "signed_addresses": [f"/{FOUND}"]},
        {"profile": "lgsp", "no_dossier_reason": NAME},
        {"profile": "lgsp", NAME: FOUND},
    ]
    _expect(422, *[await _call(stage, "POST", _OWN, body) for body in wrong])
    path = _CREDENTIALS.format(client_id=FOUND)
    _expect(404, await _call(stage, "POST", path, {"profile": "lgsp"}))
    for profile in ("lgsp", "vdxp"):
        made = await _call(stage, "POST", _OWN, {"profile": profile})
        _expect(201, made)
        stage.keep_secret(made.json()["secret"], made.json()["auth"] or made.json()["secret"])


async def _key(stage: Stage, _: str) -> None:
    wrong = [
        {"client_id": FOUND},
        {"client_id": NAME},
        {"client_id": "x1", "valid_days": NAME},
        {NAME: FOUND},
    ]
    _expect(422, *[await _call(stage, "POST", _KEYS, body, invented.RECEPTION) for body in wrong])
    _expect(201, await _call(stage, "POST", _OWN, {"profile": "lgsp"}))
    made = await _call(stage, "POST", _KEYS, {"client_id": invented.CLIENT_ID}, invented.RECEPTION)
    _expect(201, made)
    key = made.json()
    stage.keep_secret(key["key_pass"], key["auth_hash"], key["officer_code"])
    _expect(200, await _call(stage, "GET", _KEYS, login_name=invented.RECEPTION))
    _expect(422, await _call(stage, "GET", f"{_KEYS}?ten={quote(NAME)}", login_name=invented.RECEPTION))
    _expect(204, await _call(stage, "DELETE", f"{_KEYS}/{key['key_id']}", login_name=invented.RECEPTION))


def _missing(method: str, *paths: str) -> Driver:
    async def drive(stage: Stage, _: str) -> None:
        _expect(404, *[await _call(stage, method, path) for path in paths])

    return drive


async def _withdraw_own(stage: Stage, _: str) -> None:
    for key in (FOUND, quote(NAME)):
        _expect(404, await _call(stage, "DELETE", f"{_KEYS}/{key}", login_name=invented.RECEPTION))


async def _own_keys(stage: Stage, token: str) -> None:
    _expect(200, await stage.gateway.http.get(_KEYS, headers=bearer(token)))
    _expect(422, await stage.gateway.http.get(_KEYS, params={"ten": NAME}, headers=bearer(token)))


async def _listed(stage: Stage, _: str) -> None:
    _expect(404, await _call(stage, "GET", _CREDENTIALS.format(client_id=FOUND)))
    _expect(422, await _call(stage, "GET", f"{_OWN}?standing={quote(NAME)}"))


async def _every_key(stage: Stage, _: str) -> None:
    wrong = (f"standing={quote(NAME)}", f"cursor={FOUND}", f"cursor={quote(NAME)}", f"page_size={FOUND}")
    _expect(422, *[await _call(stage, "GET", f"{_EVERY}?{query}") for query in wrong])
    _expect(200, await _call(stage, "GET", _EVERY))
    _expect(422, await _call(stage, "GET", f"{_EVERY}?ten={quote(NAME)}"))


COMPATIBLE_DRIVERS: dict[tuple[str, str], Driver] = {
    ("POST", _CREDENTIALS): _credential,
    ("GET", _CREDENTIALS): _listed,
    ("DELETE", f"{_CREDENTIALS}/{{credential_id}}"): _missing("DELETE", f"{_OWN}/{FOUND}"),
    ("POST", _KEYS): _key,
    ("GET", _KEYS): _own_keys,
    ("DELETE", f"{_KEYS}/{{key_id}}"): _withdraw_own,
    ("GET", _EVERY): _every_key,
    ("GET", _OF_OFFICER): _missing("GET", _OF_OFFICER.format(officer_id=FOUND)),
    ("DELETE", f"{_OF_OFFICER}/{{key_id}}"): _missing(
        "DELETE", f"{_OF_OFFICER.format(officer_id=FOUND)}/{FOUND}"
    ),
}
