"""How the routes of citizens' requests are called, with persons where numbers, references and days belong."""

from typing import Any
from urllib.parse import quote

import httpx

from app.cli import invented
from app.clock import SystemClock, local_day
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND, PURPOSE
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
PATH = "/v1/transparency/subject-reports"
_ONE = PATH + "/{request_number}"


def _expect(status: int, *answers: httpx.Response) -> None:
    codes = [answer.status_code for answer in answers]
    assert codes == [status] * len(codes), codes


def _today() -> str:
    return local_day(SystemClock().now()).isoformat()


async def _registered(stage: Stage) -> tuple[str, str]:
    """Return an administrator's token, and the number of a request that they registered."""
    token = await stage.sign_in(invented.ADMINISTRATOR)
    answer = await stage.post(PATH, token, _request())
    return token, str(answer.raise_for_status().json()["request_number"])


def _request(**changes: Any) -> dict[str, Any]:
    return {
        "id_numbers": [FOUND, FOUND[3:]],
        "requester": "representative",
        "identity_check": "authorisation",
        "identity_reference": "12/STN",
        "received_on": _today(),
    } | changes


async def _register(stage: Stage, token: str) -> None:
    _expect(403, await stage.post(PATH, token, _request()))
    administrator, _ = await _registered(stage)
    wrong = [
        _request(identity_reference=FOUND),
        _request(requester=NAME),
        _request(received_on=NAME),
        _request(id_numbers=[NAME]),
        _request() | {NAME: FOUND},
    ]
    _expect(422, *[await stage.post(PATH, administrator, body) for body in wrong])


async def _list(stage: Stage, _: str) -> None:
    token, _ = await _registered(stage)
    call, headers = stage.gateway.http.get, bearer(token)
    _expect(200, await call(PATH, headers=headers))
    _expect(422, await call(f"{PATH}?ten={quote(NAME)}", headers=headers))
    _expect(422, await call(f"{PATH}?state={quote(NAME)}", headers=headers))
    _expect(422, await call(f"{PATH}?cursor={FOUND}", headers=headers))


async def _make(stage: Stage, token: str) -> None:
    await stage.look_up(token, FOUND)
    own, number = await _registered(stage)
    other = await stage.sign_in(invented.SECOND_ADMINISTRATOR)
    _expect(403, await stage.post(f"{PATH}/{number}/report", own, None))
    _expect(200, await stage.post(f"{PATH}/{number}/report", other, {NAME: FOUND}))
    for unknown in (FOUND, quote(NAME)):
        _expect(404, await stage.post(f"{PATH}/{unknown}/report", other, None))


def _step(what: str, right: dict[str, Any], *wrong: dict[str, Any]) -> Driver:
    async def drive(stage: Stage, _: str) -> None:
        token, number = await _registered(stage)
        day = {"on" if what == "answer" else "told_on": _today()}
        body = right | day
        answers = [
            await stage.post(f"{PATH}/{number}/{what}", token, body | each)
            for each in (*wrong, {NAME: FOUND})
        ]
        _expect(422, *answers)
        _expect(404, await stage.post(f"{PATH}/{FOUND}/{what}", token, body))
        _expect(200, await stage.post(f"{PATH}/{number}/{what}", token, body))

    return drive


_TOLD = {"through": "post"}
SUBJECT_DRIVERS: dict[tuple[str, str], Driver] = {
    ("POST", PATH): _register,
    ("GET", PATH): _list,
    ("POST", f"{_ONE}/report"): _make,
    ("POST", f"{_ONE}/acknowledgement"): _step(
        "acknowledgement", _TOLD, {"through": NAME}, {"told_on": FOUND}
    ),
    ("POST", f"{_ONE}/extension"): _step(
        "extension", _TOLD | {"days": 5, "reason": "Nhật ký nhiều năm"}, {"reason": FOUND}, {"days": PURPOSE}
    ),
    ("POST", f"{_ONE}/answer"): _step(
        "answer",
        _TOLD | {"result": "withdrawn", "reason": "Rút yêu cầu"},
        {"reason": FOUND},
        {"result": NAME},
    ),
}
