"""How explained decisions are asked for, with persons where officers, software and codes belong."""

from typing import Any

from app.cli import invented
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import FOUND
from tests.logs.stage import Driver, Stage

NAME = PERSONAS[FOUND].full_name
_EXPLAIN = "/v1/decisions/explain"


async def _explain(stage: Stage, _: str) -> None:
    token = await stage.sign_in(invented.ADMINISTRATOR)
    right: dict[str, Any] = {
        "login_name": invented.RECEPTION,
        "procedure_code": invented.RESIDENCE_PROCEDURE,
        "fields": ["religion"],
    }
    wrong: list[dict[str, Any]] = [
        {name: each} for name in (*right, "officer_id", "on", "question_type") for each in (NAME, FOUND)
    ]
    wrong += [{"dossier_code": FOUND}, {"dossier_code": NAME}, {NAME: FOUND}, {"client_id": [NAME]}]
    codes = [
        (await stage.gateway.http.post(_EXPLAIN, json=right | each, headers=bearer(token))).status_code
        for each in (*wrong, {"client_id": NAME}, {})
    ]
    by_login = [404, 404]
    assert codes == [*by_login, *[422] * (len(wrong) - 2), 404, 200], codes


DECISION_DRIVERS: dict[tuple[str, str], Driver] = {("POST", _EXPLAIN): _explain}
