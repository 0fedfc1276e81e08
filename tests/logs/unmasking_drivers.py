"""How persons are asked for, decided on and read, with persons where ids, cases and reasons belong."""

from typing import Any
from urllib.parse import quote

import httpx

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
_PATH = "/v1/audit/unmaskings"


def _expect(status: int, *answers: httpx.Response) -> None:
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(answers), codes


async def _asked(stage: Stage, auditor: str, desk: str, **changes: Any) -> httpx.Response:
    lookup_id = (await stage.look_up(desk, FOUND)).json()["lookup_id"]
    body = {"lookup_id": lookup_id, "case_number": "1/TT", "reason": "theo đơn"} | changes
    return await stage.post(_PATH, auditor, body)


async def _ask(stage: Stage, desk: str) -> None:
    auditor = await stage.sign_in(invented.AUDITOR)
    _expect(201, await _asked(stage, auditor, desk))
    for wrong in ({"reason": f"số {FOUND}"}, {"case_number": FOUND}, {NAME: FOUND}):
        _expect(422, await _asked(stage, auditor, desk, **wrong))
    _expect(404, await _asked(stage, auditor, desk, lookup_id=FOUND))


async def _list(stage: Stage, _: str) -> None:
    auditor = await stage.sign_in(invented.AUDITOR)
    _expect(200, await stage.gateway.http.get(_PATH, headers=bearer(auditor)))
    _expect(422, await stage.gateway.http.get(_PATH, params={"ten": NAME}, headers=bearer(auditor)))


async def _decide(stage: Stage, desk: str) -> None:
    auditor = await stage.sign_in(invented.AUDITOR)
    unmasking_id = (await _asked(stage, auditor, desk)).json()["unmasking_id"]
    path = _PATH + "/{}/decision"
    _expect(403, await stage.post(path.format(unmasking_id), auditor, {"approve": True}))
    _expect(404, await stage.post(path.format(FOUND), auditor, {"approve": True}))
    _expect(422, await stage.post(path.format(unmasking_id), auditor, {"approve": NAME}))


async def _read(stage: Stage, desk: str) -> None:
    auditor, unmasker = await stage.sign_in(invented.AUDITOR), invented.SECOND_ADMINISTRATOR
    unmasking_id = (await _asked(stage, auditor, desk)).json()["unmasking_id"]
    path = _PATH + "/{}/reading"
    _expect(409, await stage.post(path.format(unmasking_id), auditor, None))
    _expect(403, await stage.post(path.format(unmasking_id), await stage.sign_in(unmasker), None))
    _expect(404, await stage.post(path.format(quote(NAME)), auditor, None))


UNMASKING_DRIVERS: dict[tuple[str, str], Driver] = {
    ("POST", _PATH): _ask,
    ("GET", _PATH): _list,
    ("POST", _PATH + "/{unmasking_id}/decision"): _decide,
    ("POST", _PATH + "/{unmasking_id}/reading"): _read,
}
