"""What every road promises, over the strict stand-in and of the fake; how each fails is in failures.csv."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pytest

from adapters.choose import open_source
from adapters.reasons import Reason
from app.clock import SystemClock
from app.errors import InvalidRequestError, SourceConfusedError, SourceSilentError
from app.lookup.source import HouseholdSource, PopulationSource
from app.lookup.values import BirthDate, Citizen, CitizenId, FullName, OldIdNumber, Question
from app.settings import UpstreamSettings
from mock_c06.config import MockConfig
from mock_c06.population import citizen_for
from tests.adapters.fake_population import FakePopulation
from tests.adapters.stand_in import ROADS, STRICT, request_about, running_stand_in, settings_of

SAMPLE, NOBODY = "099190000017", "099090000109"


class Source(PopulationSource, HouseholdSource, Protocol):
    """All that a road can be asked."""


@dataclass(frozen=True)
class StandIn:
    """A running stand-in and its own log."""

    url: str
    log: Path

    def asked(self) -> list[dict[str, str]]:
        """Return what it was asked, last first."""
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        return [json.loads(line) for line in reversed(text.splitlines())]


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    log = tmp_path_factory.mktemp("stand_in") / "c06.jsonl"
    with running_stand_in(replace(STRICT, access_log=log)) as url:
        yield StandIn(url, log)


@pytest.fixture
async def roads(stand_in: StandIn) -> AsyncIterator[dict[str, Source]]:
    async with AsyncExitStack() as opened:
        yield {
            road: await opened.enter_async_context(
                open_source(settings_of(road, f"{stand_in.url}/{road}"), SystemClock())
            )
            for road in ROADS
        }


@pytest.fixture(params=[*ROADS, "fake-road"])
def source(request: pytest.FixtureRequest, roads: dict[str, Source]) -> Source:
    return {**roads, "fake-road": FakePopulation()}[request.param]


def test_a_road_says_its_name(source: Source, request: pytest.FixtureRequest) -> None:
    assert source.road == request.node.callspec.params["source"]


@pytest.mark.parametrize(
    "number",
    [
        SAMPLE,
        "099145000101",  # only the year of birth is known
        "099186000103",  # accents
        "099086000106",  # more accents
        "099088000107",  # an apostrophe
        "099188000108",  # an apostrophe and an ampersand
    ],
)
async def test_a_citizen_is_found_and_confirmed(source: Source, number: str) -> None:
    request = request_about(number)

    citizen = await source.find(request)

    assert citizen is not None
    assert citizen.id_number == number
    assert citizen.full_name == request.question.full_name.text
    assert citizen.birth_date == request.question.birth_date
    assert await source.confirm(request) is True


async def test_a_name_typed_in_small_letters_finds_the_same_citizen(source: Source) -> None:
    request = request_about(SAMPLE)
    typed = replace(request.question, full_name=FullName("trần văn  thử"))

    assert await source.find(replace(request, question=typed)) == await source.find(request)


async def test_a_lone_year_finds_who_was_born_in_it(source: Source) -> None:
    request = request_about(SAMPLE)
    of_the_year = replace(request.question, birth_date=BirthDate(1990))
    of_the_next = replace(request.question, birth_date=BirthDate(1991))

    assert await source.find(replace(request, question=of_the_year)) is not None
    assert await source.find(replace(request, question=of_the_next)) is None


async def test_nobody_is_nobody(source: Source) -> None:
    assert await source.find(request_about(NOBODY)) is None
    assert await source.confirm(request_about(NOBODY)) is False


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": FullName("Trần Văn Khác")},
        {"birth_date": BirthDate(1990, 5, 10)},
        {"id_number": CitizenId("099190000018")},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_who_differs_in_one_thing_is_nobody(source: Source, changes: dict[str, object]) -> None:
    request = request_about(SAMPLE)

    assert await source.find(replace(request, question=_changed(request.question, changes))) is None


def _changed(question: Question, changes: dict[str, object]) -> Question:
    return replace(question, **changes)  # type: ignore[arg-type]


async def test_a_household_holds_the_person_asked_about_and_is_marked_as_unverified(source: Source) -> None:
    household = await source.household(request_about(SAMPLE))

    assert SAMPLE in {member.id_number for member in household.members}
    assert household.is_verified is False


async def test_nobody_has_no_household(source: Source) -> None:
    household = await source.household(request_about(NOBODY))

    assert household.members == ()
    assert household.is_verified is False


async def test_without_budget_no_question_is_sent(source: Source, stand_in: StandIn) -> None:
    before = len(stand_in.asked())

    with pytest.raises(SourceSilentError) as caught:
        await source.find(request_about(SAMPLE, budget_seconds=0.0))

    assert caught.value.reason == Reason.TIMEOUT
    assert len(stand_in.asked()) == before


@pytest.mark.parametrize("road", ROADS)
async def test_a_question_goes_out_once_in_the_officers_own_name(
    roads: dict[str, Source], stand_in: StandIn, road: str
) -> None:
    before = len(stand_in.asked())

    await roads[road].find(replace(request_about(SAMPLE), request_id="yc-own"))

    (asked, *_), after = stand_in.asked(), len(stand_in.asked())
    assert (asked["MaYeuCau"], asked["MaCanBo"], asked["MaDVC"]) == ("yc-own", "cb-mau-01", "1.004194.01")
    assert after == before + 1


@pytest.mark.parametrize("road", ["lgsp-soap", "lgsp-json"])
async def test_a_citizen_is_found_by_the_old_number(roads: dict[str, Source], road: str) -> None:
    request = request_about(SAMPLE)
    by_old_number = replace(request.question, id_number=OldIdNumber("990000017"))

    citizen = await roads[road].find(replace(request, question=by_old_number))

    assert citizen is not None
    assert citizen.id_number == SAMPLE


async def test_an_order_without_the_old_number_asks_nobody_about_it(
    roads: dict[str, Source], stand_in: StandIn
) -> None:
    request, before = request_about(SAMPLE), len(stand_in.asked())
    by_old_number = replace(request.question, id_number=OldIdNumber("990000017"))

    with pytest.raises(InvalidRequestError) as caught:
        await roads["vdxp-soap"].find(replace(request, question=by_old_number))

    assert caught.value.fields == ("/citizen/id_number",)
    assert len(stand_in.asked()) == before


@pytest.mark.parametrize("number", [SAMPLE, "099085123456", "099185654321", "099210000123", "099060000018"])
async def test_the_same_number_is_the_same_citizen_over_every_road(
    roads: dict[str, Source], number: str
) -> None:
    known = citizen_for(number)
    assert known.birth_date.day is not None
    born = BirthDate.of(known.birth_date.day)
    question = Question(CitizenId(number), FullName(known.full_name), born)
    request = replace(request_about(SAMPLE), question=question)

    found: list[Citizen | None] = [await source.find(request) for source in roads.values()]
    households = [await source.household(request) for source in roads.values()]

    assert found[0] is not None
    assert found[0] == found[1] == found[2]
    assert households[0] == households[1] == households[2]


@pytest.mark.parametrize(
    ("profile", "can_confirm"),
    [
        ("lgsp-soap-hau-giang", True),
        ("lgsp-json-thanh-hoa", False),
        ("vdxp-soap-2021", True),
        ("vdxp-soap-gtel", True),
    ],
)
async def test_every_other_profile_is_answered_by_the_strict_stand_in(
    *, profile: str, can_confirm: bool
) -> None:
    road = next(road for road in ROADS if profile.startswith(road))
    with running_stand_in(MockConfig()) as url:
        settings = _in_profile(settings_of(road, f"{url}/{road}"), profile)
        async with open_source(settings, SystemClock()) as source:
            citizen = await source.find(request_about(SAMPLE))
            try:
                is_known: object = await source.confirm(request_about(SAMPLE))
            except SourceConfusedError as error:
                is_known = error.reason

    assert citizen is not None
    assert citizen.id_number == SAMPLE
    assert source.road == road
    assert is_known == (True if can_confirm else Reason.NOT_OFFERED)


def _in_profile(settings: UpstreamSettings, profile: str) -> UpstreamSettings:
    return UpstreamSettings.model_validate(settings.model_dump() | {"profile": profile})
