"""How the routes about data faults are called: rightly, and with persons where names and ids belong."""

from typing import Any
from urllib.parse import quote

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND, PURPOSE
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
_FAULTS = "/v1/data-faults"


async def _filed(stage: Stage, token: str) -> str:
    lookup_id = (await stage.look_up(token, FOUND)).json()["lookup_id"]
    body: dict[str, Any] = {"lookup_id": lookup_id, "class": "household_head", "fields": []}
    return str((await stage.post(_FAULTS, token, body)).raise_for_status().json()["fault_id"])


async def _file(stage: Stage, token: str) -> None:
    lookup_id = (await stage.look_up(token, FOUND)).json()["lookup_id"]
    right = {"lookup_id": lookup_id, "class": "missing_fields", "fields": ["full_name"]}
    wrong: list[dict[str, Any]] = [
        right | {"fields": [NAME, FOUND]},
        right | {"class": NAME},
        right | {"lookup_id": FOUND},
        right | {"note": PURPOSE},
        right | {NAME: FOUND},
    ]
    statuses = [(await stage.post(_FAULTS, token, body)).status_code for body in (*wrong, right, right)]
    assert statuses == [422] * len(wrong) + [201, 409]


def _get(path: str, *wrong: str) -> Driver:
    async def drive(stage: Stage, token: str) -> None:
        known = path.format(fault_id=await _filed(stage, token))
        head = await stage.sign_in(invented.UNIT_ADMINISTRATOR)
        for each in (token, head):
            answers = [await stage.gateway.http.get(one, headers=bearer(each)) for one in (known, *wrong)]
            assert [answer.is_success for answer in answers] == [True, *[False] * len(wrong)]

    return drive


async def _follow_up(stage: Stage, token: str) -> None:
    path = f"{_FAULTS}/{await _filed(stage, token)}/status"
    head = bearer(await stage.sign_in(invented.UNIT_ADMINISTRATOR))
    tagged = head | {"If-Match": '"1"'}
    statuses = [
        (await stage.gateway.http.put(where, json=body, headers=headers)).status_code
        for where, body, headers in (
            (path, {"status": NAME}, tagged),
            (path, {"status": "sent", "result": FOUND}, tagged),
            (path, {"status": "sent", NAME: FOUND}, tagged),
            (path, {"status": "sent"}, head | {"If-Match": FOUND}),
            (f"{_FAULTS}/{FOUND}/status", {"status": "sent"}, tagged),
            (path, {"status": "sent"}, tagged),
        )
    ]
    assert statuses == [422, 422, 422, 412, 404, 200]


DATA_FAULT_DRIVERS: dict[tuple[str, str], Driver] = {
    ("POST", _FAULTS): _file,
    ("GET", _FAULTS): _get(
        _FAULTS, *(f"{_FAULTS}?{name}={quote(NAME)}" for name in ("status", "class", "unit", "cursor"))
    ),
    ("GET", f"{_FAULTS}/export"): _get(
        f"{_FAULTS}/export?format=csv",
        f"{_FAULTS}/export?ten={FOUND}",
        f"{_FAULTS}/export?format={quote(NAME)}",
    ),
    ("GET", f"{_FAULTS}/{{fault_id}}"): _get(
        f"{_FAULTS}/{{fault_id}}", f"{_FAULTS}/{FOUND}", f"{_FAULTS}/{quote(NAME)}"
    ),
    ("PUT", f"{_FAULTS}/{{fault_id}}/status"): _follow_up,
}
