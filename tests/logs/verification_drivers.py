"""How verifications are called: with claims full of personal data, right and wrong, until the day's limit."""

from typing import Any

import httpx

from app.cli import invented
from mock_c06.personas import PERSONAS
from mock_c06.population import citizen_for
from tests.gateway import bearer
from tests.logs.planting import FOUND, PURPOSE, asked_as
from tests.logs.stage import Driver, Stage
from tests.world import a_lookup

_PATH = "/v1/residence-verifications"
_NAME = PERSONAS[FOUND].full_name
_HOME = citizen_for(FOUND).permanent_residence.address_line


async def _verify(stage: Stage, token: str) -> None:
    head = {"full_name": _NAME, "id_number": FOUND}
    claims: list[Any] = [
        {"kind": "permanent_residence", "address": {"line": _HOME}},
        {"kind": "household_head", **head},
        {"kind": "household_member", **head, "relation": "CH01"},
    ]

    async def verify(claims: object, **changes: Any) -> httpx.Response:
        body = a_lookup(citizen=asked_as(PERSONAS[FOUND]), purpose=PURPOSE, claims=claims)
        usual = {"procedure_code": invented.HOUSEHOLD_PROCEDURE}
        return await stage.gateway.http.post(_PATH, json=body | usual | changes, headers=bearer(token))

    wrong: list[Any] = [
        [{"kind": _NAME}],
        [{"kind": "household_head", "full_name": FOUND}],
        [{"kind": "household_head", "id_number": _NAME}],
        [{"kind": "household_member", **head, "relation": f"{_NAME}\n{FOUND}"}],
        [{"kind": "permanent_residence", "address": {"commune_code": FOUND, "line": _HOME}}],
        [{"kind": "permanent_residence", "address": {_HOME: _NAME}}],
        [{_NAME: FOUND}],
        _HOME,
    ]
    answers = [await verify(each) for each in wrong]
    assert {answer.status_code for answer in answers} == {422}
    refused = await verify(claims, procedure_code=invented.RESIDENCE_PROCEDURE)
    assert refused.status_code == 403
    statuses = [(await verify(claims)).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429], statuses


VERIFICATION_DRIVERS: dict[tuple[str, str], Driver] = {("POST", _PATH): _verify}
