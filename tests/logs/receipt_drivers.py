"""How the routes about receipts and paper are called, with persons where ids, notes and days belong."""

from typing import Any
from urllib.parse import quote

import httpx

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND, PURPOSE, asked_as
from tests.logs.stage import LOOKUPS, Driver, Stage
from tests.world import a_lookup

NAME = PERSONAS[FOUND].full_name
DOWN = "099070000131"
_ASKED = {"paper_asked": True, "which": "id_notice", "why": "other", "note": PURPOSE}


def _expect(status: int, *answers: httpx.Response) -> None:
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(answers), codes


async def _look_up(stage: Stage, token: str, number: str, **more: Any) -> dict[str, Any]:
    body = a_lookup(citizen=asked_as(PERSONAS[number]), purpose=PURPOSE, **more)
    return dict((await stage.post(LOOKUPS, token, body)).json())


async def _receive(stage: Stage, token: str) -> None:
    found = await _look_up(stage, token, FOUND, confirmation=True)
    assert found["confirmation"]["content"]
    failed = await _look_up(stage, token, DOWN, confirmation=True)
    for status, lookup_id in ((409, found["lookup_id"]), (200, failed["lookup_id"]), (404, FOUND)):
        path = f"{LOOKUPS}/{lookup_id}/refusal-receipt"
        _expect(status, await stage.gateway.http.get(path, headers=bearer(token)))
        _expect(422, await stage.gateway.http.get(f"{path}?ten={quote(NAME)}", headers=bearer(token)))


async def _check(stage: Stage, token: str) -> None:
    confirmation = (await _look_up(stage, token, FOUND, confirmation=True))["confirmation"]
    stage.keep_secret(confirmation["receipt_id"])
    for text in (confirmation["receipt_id"], FOUND, quote(NAME)):
        _expect(200, await stage.gateway.http.get(f"/v1/receipts/{text}"))


async def _state(stage: Stage, token: str) -> None:
    path = f"{LOOKUPS}/{(await _look_up(stage, token, FOUND))['lookup_id']}/follow-up"
    for status, body in ((422, {**_ASKED, "which": NAME}), (201, _ASKED), (409, _ASKED)):
        _expect(status, await stage.post(path, token, body))
    _expect(404, await stage.post(f"{LOOKUPS}/{FOUND}/follow-up", token, _ASKED))


def _list(path: str) -> Driver:
    async def drive(stage: Stage, _: str) -> None:
        headers = bearer(await stage.sign_in(invented.ADMINISTRATOR))
        _expect(200, await stage.gateway.http.get(path, headers=headers))
        for query in ({"unit": NAME}, {"from_day": FOUND}, {"cursor": NAME}, {"format": NAME}):
            await stage.gateway.http.get(path, params=query, headers=headers)

    return drive


RECEIPT_DRIVERS: dict[tuple[str, str], Driver] = {
    ("GET", LOOKUPS + "/{lookup_id}/refusal-receipt"): _receive,
    ("POST", LOOKUPS + "/{lookup_id}/follow-up"): _state,
    ("GET", "/v1/receipts/{receipt_id}"): _check,
    ("GET", "/v1/paper-asked"): _list("/v1/paper-asked"),
    ("GET", "/v1/paper-asked/export"): _list("/v1/paper-asked/export"),
}
