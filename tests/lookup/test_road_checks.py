"""Checks of the roads: on record before anybody is asked about, seldom, and in words."""

import asyncio
import json

import pytest

from app.audit.record import Draft, RecordKind
from app.cli import invented
from app.errors import AuditUnavailableError, ProblemCode, TooManyError
from app.lookup.road_check_desk import RoadCheckDesk, asked_facts
from app.lookup.road_check_routes import said
from app.lookup.road_check_texts import HELPERS, MEANINGS, STEP_TEXTS
from app.lookup.road_checks import BeforeAsking, Finding, RoadReport, Step, StepResult, Verdict
from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, CitizenId, FullName, Question
from tests.gateway import an_upstream, bearer, running_gateway
from tests.lookup_fakes import Desk
from tests.world import World

QUESTION = Question(CitizenId("099190000017"), FullName("Trần Văn Thử"), BirthDate(1990, 5, 9))
GOOD = StepResult(Step.DNS, Verdict.PASSED, Finding.GOOD, 7)
BAD = StepResult(Step.TCP, Verdict.FAILED, Finding.NO_CONNECTION, 5, {"reason": "timeout"})


class Road:
    """A road whose check asks about somebody, or nobody."""

    def __init__(self, *steps: StepResult, officer_code: str | None = None) -> None:
        self.steps, self.officer_code = steps, officer_code
        self.was_asked = False

    async def run(self, before_asking: BeforeAsking) -> RoadReport:
        if self.officer_code is not None:
            request = SourceRequest("ab" * 16, self.officer_code, "1.004194.01", QUESTION, 1.0)
            await before_asking("vdxp-soap", request)
            self.was_asked = True
        return RoadReport("vdxp-soap-2021", "c06.example.invalid", self.steps)


def drafts(desk: Desk) -> list[Draft]:
    return list(desk.log.drafts)


async def test_a_check_that_asks_nobody_is_one_record() -> None:
    desk = Desk()
    (report,) = await RoadCheckDesk([Road(GOOD, BAD)], desk.log, desk.clock).run(desk.caller)
    (draft,) = drafts(desk)

    assert draft.kind is RecordKind.UPSTREAM_CHECKED
    assert draft.facts["change"] == "dns=good tcp=no_connection"
    assert (draft.facts["road"], draft.facts["duration_ms"]) == ("vdxp-soap-2021", 12)
    assert draft.facts["officer_id"] == str(desk.caller.officer.officer_id)
    assert "part_of" not in draft.facts
    assert report.has_failed


async def test_who_is_asked_about_is_sealed_on_record_before() -> None:
    desk, road = Desk(), Road(GOOD, officer_code="cb-mau-01")
    await RoadCheckDesk([road], desk.log, desk.clock).run(desk.caller)
    asked, checked = drafts(desk)

    assert asked.kind is RecordKind.UPSTREAM_CHECK_ASKED
    assert asked.facts["national_request_id"] == "ab" * 16
    assert asked.facts["upstream_officer_code"] == "cb-mau-01"
    assert json.loads(asked.subject or b"")["id_number"] == "099190000017"
    assert "099190000017" not in str(asked.facts)
    assert checked.facts["part_of"] == str(asked.record_id)


async def test_where_nothing_can_be_recorded_nobody_is_asked_about_and_nothing_is_shown() -> None:
    desk, road = Desk(), Road(GOOD, officer_code="cb-mau-01")
    desk.log.fail = True
    with pytest.raises(AuditUnavailableError):
        await RoadCheckDesk([road], desk.log, desk.clock).run(desk.caller)

    assert not road.was_asked


def test_an_officers_code_that_is_a_personal_number_stays_out_of_the_record() -> None:
    request = SourceRequest("ab" * 16, "099190000017", "", QUESTION, 1.0)

    assert "upstream_officer_code" not in asked_facts("vdxp-soap", request)


async def test_once_a_minute_is_enough_and_the_second_try_asks_nobody() -> None:
    desk = Desk()
    checks = RoadCheckDesk([Road(GOOD)], desk.log, desk.clock)
    results = await asyncio.gather(checks.run(desk.caller), checks.run(desk.caller), return_exceptions=True)

    (refusal,) = [result for result in results if isinstance(result, TooManyError)]
    assert refusal.code is ProblemCode.ROADS_CHECKED_JUST_NOW
    assert 0 < refusal.retry_after_seconds <= 60
    assert len(drafts(desk)) == 1


def test_every_step_and_finding_has_its_words_in_both_languages() -> None:
    for texts, words in ((STEP_TEXTS, Step), (MEANINGS, Finding), (HELPERS, Finding)):
        assert set(texts) == set(words)
        assert all(set(text) == {"vi", "en"} for text in texts.values())
    assert all(text["vi"] and text["en"] for text in (*STEP_TEXTS.values(), *MEANINGS.values()))


def test_roads_are_good_where_none_fails() -> None:
    good, bad = RoadReport("one", "a", [GOOD]), RoadReport("two", "b", [GOOD, BAD])

    assert said([good]).ok
    assert [road.ok for road in said([good, bad]).roads] == [True, False]
    assert not said([good, bad]).ok
    assert said([bad]).roads[0].steps[1].details == {"reason": "timeout"}


async def test_a_department_administrator_checks_the_roads_and_others_may_not(world: World) -> None:
    # Nothing listens there, and nobody is set up to be asked about.
    async with running_gateway(world, an_upstream()) as gateway:
        path = "/v1/status/upstream-checks"
        refused = await gateway.http.post(path, headers=bearer(await gateway.sign_in()))
        administrator = bearer(await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False))
        answer = await gateway.http.post(path, headers=administrator)
        again = await gateway.http.post(path, headers=administrator)
        (record,) = await gateway.records("upstream.checked")

    assert refused.json()["code"] == "role_not_permitted"
    (road,) = answer.raise_for_status().json()["roads"]
    assert answer.headers["cache-control"] == "no-store"
    assert [step["finding"] for step in road["steps"]][2:4] == ["no_connection", "not_reached"]
    assert (again.status_code, again.json()["code"]) == (429, "roads_checked_just_now")
    assert record["change"].startswith("settings=good dns=good tcp=no_connection")
