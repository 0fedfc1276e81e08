"""Who may ask what, and how often a day: the stand-in's own office."""

from typing import Any

import pytest

from mock_c06.config import MockConfig
from mock_c06.permissions import PermissionDesk, Permissions
from mock_c06.personas import Behaviour
from mock_c06.question import AnswerShape, Question
from tests.mock_c06.national_side import Clock, NationalSide, a_question, start
from tests.mock_c06.partners import a_json_question, ask_in_json, ask_over_vdxp

PARTNER, OFFICER, PROCEDURE = "000.00.00.H00", "canbo.test.c06", "1.000001"
RIGHT = {"partner": PARTNER, "officer": OFFICER, "procedure": PROCEDURE, "services": ["037"]}
REFUSED = {"004": Behaviour.PROCEDURE_REFUSED, "005": Behaviour.OFFICER_REFUSED}


def asking(**changes: str) -> Question:
    said = {"service_code": PROCEDURE, "integration_code": "037", "upstream_officer_code": OFFICER} | changes
    return Question(
        operation="TraCuuThongTinCongDan",
        shape=AnswerShape.RECORDS,
        prefix="dan",
        upstream_request_id="yc-1",
        citizen_id="099190000017",
        old_id_number="",
        full_name="TRANVANTHU",
        birth_date=None,
        **said,
    )


def a_desk(clock: Clock | None = None, **permissions: Any) -> PermissionDesk:
    return PermissionDesk(Permissions.model_validate(permissions), clock or Clock())


def test_without_rules_everybody_may_ask_everything() -> None:
    assert a_desk().objection(PARTNER, asking()) is None


def test_a_rule_that_says_nothing_allows_everything() -> None:
    assert a_desk(rules=[{}]).objection(PARTNER, asking()) is None


@pytest.mark.parametrize(
    ("partner", "changes", "refusal"),
    [
        (PARTNER, {}, None),
        ("another", {}, "005"),
        (PARTNER, {"upstream_officer_code": "another"}, "005"),
        (PARTNER, {"service_code": "1.000002"}, "004"),
        (PARTNER, {"service_code": ""}, "004"),
        (PARTNER, {"integration_code": "034"}, "004"),
    ],
)
def test_a_question_passes_where_one_rule_fits_in_everything(
    partner: str, changes: dict[str, str], refusal: str | None
) -> None:
    objection = a_desk(rules=[RIGHT]).objection(partner, asking(**changes))

    assert objection is (REFUSED[refusal] if refusal else None)


def test_no_rule_at_all_allows_nothing() -> None:
    assert a_desk(rules=[]).objection(PARTNER, asking()) is Behaviour.OFFICER_REFUSED


@pytest.mark.parametrize("limit", ["per_officer_per_day", "per_partner_per_day"])
def test_a_quota_is_used_up_by_questions_and_begins_anew_at_midnight_in_vietnam(limit: str) -> None:
    clock = Clock()
    desk = a_desk(clock, **{limit: 2})
    objections = [desk.objection(PARTNER, asking()) for _ in range(3)]
    clock.now += desk.seconds_to_midnight()

    assert objections == [None, None, Behaviour.QUOTA_USED_UP]
    assert desk.objection(PARTNER, asking()) is None


def test_each_officer_has_a_quota_of_their_own() -> None:
    desk = a_desk(per_officer_per_day=1)
    desk.objection(PARTNER, asking())

    assert desk.objection(PARTNER, asking(upstream_officer_code="another")) is None


def test_refused_questions_use_up_nothing() -> None:
    desk = a_desk(rules=[RIGHT], per_officer_per_day=1)
    desk.objection(PARTNER, asking(service_code="1.000002"))

    assert desk.objection(PARTNER, asking()) is None


def test_who_has_no_limit_is_not_counted() -> None:
    desk = a_desk()
    for number in range(10):
        desk.objection(PARTNER, asking(upstream_officer_code=str(number)))

    assert desk._asked == {}


async def test_permissions_hold_for_every_profile_and_change_at_run_time() -> None:
    side = start(permissions=Permissions.model_validate({"rules": [RIGHT]}))
    async with side.http:
        soap = await side.ask(a_question())
        json = await ask_in_json(side, a_json_question())
        vdxp = await ask_over_vdxp(side, a_question(birth_date="19900509"))
        await side.http.post("/mock/permissions", json={})
        lifted = await ask_in_json(side, a_json_question())
    assert (soap.status_code, json.status_code, vdxp.status_code) == (200, 500, 500)
    assert "005" in json.text
    assert "005" in vdxp.text
    assert lifted.json() == {"data": True}


@pytest.mark.parametrize(("answer", "status"), [("http_429", 429), ("fault", 500)])
async def test_a_used_up_quota_is_told_as_configured(
    national_side: NationalSide, answer: str, status: int
) -> None:
    permissions = {"per_officer_per_day": 1, "quota_answer": answer}
    assert (await national_side.http.post("/mock/permissions", json=permissions)).json()["rules"] is None
    statuses = [(await national_side.ask(a_question())).status_code for _ in range(2)]

    assert statuses == [200, status]
    assert (await national_side.stats())["by_answer"] == {"found": 1, "quota_used_up": 1}


@pytest.mark.parametrize("wrong", ["", "[]", '{"rules": 1}', '{"per_officer_per_day": -1}', '{"more": 1}'])
async def test_permissions_nobody_knows_are_refused(national_side: NationalSide, wrong: str) -> None:
    answer = await national_side.http.post("/mock/permissions", content=wrong)

    assert answer.status_code == 422
    assert (await national_side.http.get("/mock/permissions")).json() == Permissions().model_dump(mode="json")


def test_by_itself_the_stand_in_refuses_nobody() -> None:
    assert MockConfig().permissions == Permissions()
