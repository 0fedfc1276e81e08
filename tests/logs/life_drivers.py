"""How the routes of an account's life are called, with persons where letters, days and ids belong."""

import asyncio
from datetime import timedelta
from urllib.parse import quote

import httpx

from app.cli import invented
from app.clock import SystemClock, local_day
from mock_c06.personas import PERSONAS
from tests.accounts.slips import codes_on
from tests.gateway import bearer
from tests.logs.planting import FOUND
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
_TODAY = local_day(SystemClock().now())
_LETTER = {"document_number": "12/TB-UBND"}
_OFFICER, _UNIT = "/v1/officers/{officer_id}", "/v1/units/{unit_id}"
_HANDOVER, _REVIEW = "/v1/handovers/{handover_id}", "/v1/reviews/{review_id}"
_UNKNOWN = "01981c5e-0000-7000-8000-000000000000"
_COMMUNE = f"/v1/units/{invented.COMMUNE_CODE}"
_DIRECTORY_SECONDS = 1.5  # what changes about an officer is known to every process within a second
_PASSWORD = "Thềm-Nắng-Mới-29"


class _Administrator:
    """A department administrator at the gateway's own process."""

    def __init__(self, stage: Stage, token: str) -> None:
        self._http, self._token = stage.gateway.http, token

    async def call(self, method: str, path: str, body: object = None, tag: str = "") -> httpx.Response:
        headers = bearer(self._token) | ({"If-Match": tag} if tag else {})
        return await self._http.request(method, path, json=body, headers=headers)

    async def officer(self, login_name: str) -> tuple[str, str]:
        """Return an officer's path and tag."""
        answer = (await self.call("GET", f"/v1/officers?login_name={login_name}")).raise_for_status()
        return f"/v1/officers/{answer.json()['officer_id']}", answer.headers["etag"]

    async def hand_over(self, stage: Stage, login_name: str) -> tuple[str, str]:
        """Issue a code and return it and the path of its record."""
        path, _ = await self.officer(login_name)
        body = {"unit": invented.COMMUNE_CODE, "officer_ids": [path.rsplit("/", 1)[1]]}
        slips = await self.call("POST", "/v1/handovers", body)
        _expect(201, slips)
        (code,) = codes_on(slips.content)
        stage.keep_secret(code, code.replace("-", ""))
        return code, slips.headers["location"]


async def _administrator(stage: Stage) -> _Administrator:
    return _Administrator(stage, await stage.sign_in(invented.ADMINISTRATOR))


def _expect(status: int, *answers: httpx.Response) -> None:
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(answers), codes


async def _activate(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    code, _record = await who.hand_over(stage, invented.UNMAPPED)
    stage.keep_secret(_PASSWORD, "ngắn-quá-5")

    async def activate(username: object, typed: object, chosen: object, **more: str) -> httpx.Response:
        body = {"username": username, "activation_code": typed, "new_password": chosen} | more
        return await stage.gateway.http.post("/v1/auth/activate", json=body, auth=stage.client)

    _expect(403, await activate(NAME, FOUND, _PASSWORD), await activate(invented.UNMAPPED, NAME, _PASSWORD))
    wrong = [await activate([NAME], code, FOUND), await activate(NAME, code, _PASSWORD, **{NAME: FOUND})]
    _expect(422, await activate(invented.UNMAPPED, code, "ngắn-quá-5"), *wrong)
    _expect(204, await activate(invented.UNMAPPED, code, _PASSWORD))
    stage.world.province.passwords[invented.UNMAPPED] = _PASSWORD
    await asyncio.sleep(_DIRECTORY_SECONDS)


async def _postings(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    path, _tag = await who.officer(invented.CENTRE_RECEPTION)
    _expect(200, await who.call("GET", f"{path}/postings"))
    _expect(422, await who.call("GET", f"{path}/postings?ten={quote(NAME)}"))
    _expect(404, await who.call("GET", f"/v1/officers/{quote(NAME)}/postings"))


async def _post(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    path, tag = await who.officer(invented.CENTRE_RECEPTION)
    on = (_TODAY + timedelta(days=9)).isoformat()
    move = {"kind": "transfer", "unit": invented.COMMUNE_CODE, "on": on, **_LETTER}
    wrong = [move | {"document_number": FOUND}, move | {"on": NAME}, move | {"kind": NAME}, {NAME: FOUND}]
    _expect(422, *[await who.call("POST", f"{path}/postings", body, tag) for body in wrong])
    _expect(
        404, *[await who.call("POST", f"{path}/postings", move | {"unit": u}, tag) for u in (NAME, FOUND)]
    )
    _expect(204, await who.call("POST", f"{path}/postings", move, tag))


async def _leave(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    path, tag = await who.officer(invented.CENTRE_RECEPTION)
    body = {"on": (_TODAY + timedelta(days=200)).isoformat(), **_LETTER}
    _expect(422, await who.call("POST", f"{path}/leave", body | {"document_number": FOUND}, tag))
    _expect(412, await who.call("POST", f"{path}/leave", body, FOUND))
    _expect(204, await who.call("POST", f"{path}/leave", body, tag))


async def _term(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    path, tag = await who.officer(invented.CENTRE_RECEPTION)
    body = {"active_from": None, "active_until": None, **_LETTER}
    _expect(422, await who.call("PUT", f"{path}/term", body | {"active_from": NAME}, tag))
    _expect(204, await who.call("PUT", f"{path}/term", body, tag))


async def _hand_over(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    await who.hand_over(stage, invented.UNMAPPED)
    unknown = [{"unit": NAME}, {"unit": FOUND}, {"unit": invented.COMMUNE_CODE, "officer_ids": [FOUND]}]
    _expect(404, *[await who.call("POST", "/v1/handovers", body) for body in unknown])
    wrong = [{"unit": invented.COMMUNE_CODE, "document_number": FOUND}, {NAME: FOUND}]
    _expect(422, *[await who.call("POST", "/v1/handovers", body) for body in wrong])


async def _record(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    _code, path = await who.hand_over(stage, invented.UNMAPPED)
    _expect(200, await who.call("GET", path))
    _expect(422, await who.call("GET", f"{path}?ten={quote(NAME)}"))
    _expect(404, *[await who.call("GET", f"/v1/handovers/{each}/record") for each in (FOUND, quote(NAME))])


async def _receive(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    _code, path = await who.hand_over(stage, invented.UNMAPPED)
    path = path.replace("/record", "/receipt")
    _expect(
        422, await who.call("POST", path, {"received_by": FOUND}), await who.call("POST", path, {NAME: 1})
    )
    _expect(204, await who.call("POST", path, {"received_by": "Bùi Thị Quản Xã"}))


async def _notices(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    _expect(200, await who.call("GET", f"{_COMMUNE}/notices"))
    _expect(422, await who.call("GET", f"{_COMMUNE}/notices?ten={quote(NAME)}"))
    _expect(404, await who.call("GET", f"/v1/units/{quote(NAME)}/notices"))


async def _acknowledge(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    unknown = [f"{_COMMUNE}/notices/{each}/acknowledgement" for each in (FOUND, quote(NAME), _UNKNOWN)]
    _expect(404, *[await who.call("POST", path, {NAME: FOUND}) for path in unknown])


async def _declare(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    path, asked = f"{_COMMUNE}/registrations", SystemClock().now().isoformat()
    body = {"declared_officers": 9, "requested_at": asked, **_LETTER}
    wrong = [body | {"document_number": FOUND}, body | {"requested_at": NAME}, body | {NAME: FOUND}]
    _expect(422, *[await who.call("POST", path, each) for each in wrong])
    _expect(204, await who.call("POST", path, body))
    _expect(409, await who.call("POST", path, body))


async def _report(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    _expect(200, await who.call("GET", "/v1/reports/registration"))
    _expect(422, await who.call("GET", f"/v1/reports/registration?ten={quote(NAME)}"))


async def _open_review(stage: Stage, _: str) -> None:
    who = await _administrator(stage)
    _expect(422, await who.call("POST", "/v1/reviews", {"due_on": NAME}))
    opened = await who.call("POST", "/v1/reviews", {})
    assert opened.status_code in {201, 409}  # another driver may have opened it


async def _show_review(stage: Stage, token: str) -> None:
    await _open_review(stage, token)
    who = await _administrator(stage)
    _expect(200, await who.call("GET", "/v1/reviews/current"))
    _expect(422, await who.call("GET", f"/v1/reviews/current?ten={quote(NAME)}"))
    _expect(404, *[await who.call("GET", f"/v1/reviews/{each}") for each in (FOUND, quote(NAME))])


async def _answer(stage: Stage, token: str) -> None:
    await _open_review(stage, token)
    who = await _administrator(stage)
    path, _tag = await who.officer(invented.CENTRE_RECEPTION)
    officer_id = path.rsplit("/", 1)[1]
    answers = "/v1/reviews/current/answers"
    _expect(422, await who.call("PUT", f"{answers}/{officer_id}", {"answer": NAME}))
    _expect(404, await who.call("PUT", f"{answers}/{FOUND}", {"answer": "keep"}))
    _expect(204, await who.call("PUT", f"{answers}/{officer_id}", {"answer": "keep"}))


LIFE_DRIVERS: dict[tuple[str, str], Driver] = {
    ("POST", "/v1/auth/activate"): _activate,
    ("GET", f"{_OFFICER}/postings"): _postings,
    ("POST", f"{_OFFICER}/postings"): _post,
    ("POST", f"{_OFFICER}/leave"): _leave,
    ("PUT", f"{_OFFICER}/term"): _term,
    ("POST", "/v1/handovers"): _hand_over,
    ("GET", f"{_HANDOVER}/record"): _record,
    ("POST", f"{_HANDOVER}/receipt"): _receive,
    ("GET", f"{_UNIT}/notices"): _notices,
    ("POST", f"{_UNIT}/notices/{{notice_id}}/acknowledgement"): _acknowledge,
    ("POST", f"{_UNIT}/registrations"): _declare,
    ("GET", "/v1/reports/registration"): _report,
    ("POST", "/v1/reviews"): _open_review,
    ("GET", _REVIEW): _show_review,
    ("PUT", f"{_REVIEW}/answers/{{officer_id}}"): _answer,
}
