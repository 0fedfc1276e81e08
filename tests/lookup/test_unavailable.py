"""What the desk reads where the national side was not asked or did not answer, and what goes on record."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.audit.record import RecordKind
from app.errors import SourceSilentError
from app.lookup.source import PlannedStop, SourceRequest
from app.lookup.unavailable import UnavailableError, Why, stopped
from app.web.problems import problem_response
from tests.lookup_fakes import Desk, StandingClock, a_citizen, a_command

STOP = PlannedStop(
    datetime(2026, 11, 22, 1, tzinfo=UTC),
    datetime(2026, 11, 22, 15, tzinfo=UTC),
    frozenset({"lgsp-soap"}),
    {"vi": "Nâng cấp {hệ thống}.", "en": "An upgrade."},
)


@pytest.mark.parametrize("why", Why)
def test_each_cause_has_words_of_its_own_in_both_languages(why: Why) -> None:
    error = UnavailableError("word", why, was_sent=False, stop=STOP if why is Why.PLANNED_STOP else None)

    vietnamese, english = error.members("vi"), error.members("en")

    assert vietnamese["why"] == english["why"] == why.value
    assert "Điều này không có nghĩa là không có công dân này." in str(vietnamese["detail"])
    assert "This does not mean that there is no such person." in str(english["detail"])
    assert "Sở Khoa học và Công nghệ" in str(vietnamese["next_step"])
    assert "paper" in str(english["next_step"])


def test_no_two_causes_say_the_same() -> None:
    said = {UnavailableError("word", why, was_sent=False).members("vi")["detail"] for why in Why}

    assert len(said) == len(Why)


def test_whom_the_other_side_turned_away_is_not_told_that_nothing_was_sent() -> None:
    asked, not_asked = (UnavailableError("http_429", Why.BUSY, was_sent=each) for each in (True, False))

    assert "quá tải" in str(asked.members("vi")["detail"])
    assert "overloaded" in str(asked.members("en")["detail"])
    assert "chưa được gửi đi" not in str(asked.members("vi")["detail"])
    assert "chưa được gửi đi" in str(not_asked.members("vi")["detail"])


def test_the_operators_words_are_told_as_they_are_with_the_end_in_vietnams_time() -> None:
    error = stopped("planned_stop", STOP, StandingClock())

    assert "đến 22:00 22/11/2026: Nâng cấp {hệ thống}." in str(error.members("vi")["detail"])


@pytest.mark.parametrize(
    ("before_the_end", "seconds"), [(timedelta(minutes=5), 300), (timedelta(hours=9), 3600)]
)
def test_a_stop_says_when_to_come_back_within_the_hour(before_the_end: timedelta, seconds: int) -> None:
    error = stopped("planned_stop", STOP, StandingClock(STOP.ends - before_the_end))

    assert error.retry_after_seconds == seconds


def test_paper_is_open_for_the_reason_that_is_told() -> None:
    error = UnavailableError("road_busy", Why.BUSY, was_sent=False, retry_after_seconds=1)

    answer = problem_response(error, "vi", request_id="r")

    body = bytes(answer.body).decode()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert '"may_ask":true' in body
    assert body.count(str(error.members("vi")["detail"])) == 2


def test_silence_in_general_words_says_when_to_try_again() -> None:
    answer = problem_response(SourceSilentError("timeout"), "vi", request_id="r")

    assert answer.headers["retry-after"] == "5"


async def carry(request: SourceRequest, *, road: str | None, tries: int, passed_over: list[str]) -> None:
    journey = request.journey
    journey.road, journey.tries = road, tries
    journey.passed_over.extend(passed_over)


async def test_the_road_that_answered_goes_on_record_and_to_the_desk() -> None:
    desk = Desk(a_citizen())
    desk.source.meanwhile = lambda request: carry(request, road="vdxp-soap", tries=1, passed_over=[])

    disclosure = await desk.service.look_up(desk.caller, a_command())

    assert (disclosure.road, desk.outcome()["road"]) == ("vdxp-soap", "vdxp-soap")
    assert not {"tries", "roads_passed_over"} & desk.outcome().keys()


async def test_further_tries_and_the_roads_that_did_not_carry_it_go_on_record() -> None:
    desk = Desk(a_citizen())
    passed_over = ["lgsp-soap:connect_failed"]
    desk.source.meanwhile = lambda request: carry(request, road="vdxp-soap", tries=2, passed_over=passed_over)

    await desk.service.look_up(desk.caller, a_command())

    assert (desk.outcome()["tries"], desk.outcome()["roads_passed_over"]) == (2, "lgsp-soap:connect_failed")


async def test_a_question_that_was_asked_of_nobody_has_its_outcome_on_record() -> None:
    desk = Desk(UnavailableError("planned_stop", Why.PLANNED_STOP, was_sent=False, stop=STOP))
    passed_over = ["lgsp-soap:planned_stop", "vdxp-soap:road_out_of_order"]
    desk.source.meanwhile = lambda request: carry(request, road=None, tries=0, passed_over=passed_over)

    with pytest.raises(UnavailableError) as caught:
        await desk.service.look_up(desk.caller, a_command())

    outcome = desk.outcome()
    assert caught.value.lookup_id == desk.log.of(RecordKind.LOOKUP_INTENT)[0].record_id
    assert (outcome["outcome"], outcome["tries"]) == ("upstream_unavailable", 0)
    assert outcome["roads_passed_over"] == " ".join(passed_over)
    assert (outcome["paper_may_ask"], "road" in outcome) == (1, False)


async def test_a_lookup_over_its_budget_is_told_that_the_national_side_hangs() -> None:
    desk = Desk(budget_seconds=0.01)
    desk.source.gate = asyncio.Event()

    with pytest.raises(UnavailableError) as caught:
        await desk.service.look_up(desk.caller, a_command())

    assert (caught.value.why, caught.value.was_sent) == (Why.HUNG, True)
