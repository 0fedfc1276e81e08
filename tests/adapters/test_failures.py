"""Each way the national side fails, over each road, and what the officer gets (failures.csv)."""

import csv
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.choose import open_source
from adapters.reasons import Reason
from adapters.resilience.breaker import Verdict
from adapters.resilience.opening import open_roads
from app.clock import SystemClock
from app.errors import ProblemCode, SourceConfusedError, SourceError, SourceRefusedError, SourceSilentError
from app.lookup.source import PopulationSource
from app.lookup.values import Question
from app.settings import UpstreamSettings
from mock_c06.personas import CATALOGUE, PERSONAS, Behaviour
from tests.adapters.bad_server import ANSWERS, a_bad_server, a_plain_speaker
from tests.adapters.certificates import Authority, server_side
from tests.adapters.stand_in import ROADS, STRICT, question_about, running_stand_in, settings_of
from tests.lookup_fakes import Desk, FakeSource, a_command

Row = dict[str, str]

with (Path(__file__).parent / "failures.csv").open(encoding="utf-8", newline="") as file:
    ROWS: list[Row] = list(csv.DictReader(file))

CASES = [
    pytest.param(row, road, id=f"{row['failure']}-{road}")
    for row in ROWS
    for road in ROADS
    if row[road] != "n/a"
]
SAMPLE = PERSONAS["099190000017"]
NUMBER_OF = {persona.behaviour.value: persona for persona in CATALOGUE}
# tests/adapters/test_lgsp_token.py, test_lgsp_sockets.py, test_lgsp_record.py and test_contract.py
OF_OTHER_TESTS = {
    "connect_timeout",
    "pool_exhausted",
    "token_rejected",
    "token_unreadable",
    "unreadable_record",
    "not_offered",
}
ERRORS: dict[str, Callable[[str], SourceError]] = {
    "upstream_unavailable": SourceSilentError,
    "upstream_confused": SourceConfusedError,
    "upstream_procedure_not_licensed": lambda reason: SourceRefusedError(
        ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED, reason
    ),
    "upstream_officer_not_permitted": lambda reason: SourceRefusedError(
        ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED, reason
    ),
}
ALWAYS_STOPPED = """
[[stop]]
begins = 2020-01-01T00:00:00
ends = 2120-01-01T00:00:00
vi = "Bảo trì."
en = "Maintenance."
"""
IS_SLOW = (
    "persona:slow",
    "persona:trickle",
    "persona:hang",
    'switch:{"hang": true}',
    'switch:{"latency": {"median_ms": 600000, "p99_ms": 600000}}',
    "socket:mute",
)


def named(row: Row) -> str:
    return row["failure"]


@pytest.fixture(scope="module")
def stand_in() -> Iterator[str]:
    with running_stand_in(STRICT) as url:
        yield url


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@asynccontextmanager
async def failing(
    trigger: str, road: str, stand_in: str, authority: Authority
) -> AsyncIterator[tuple[UpstreamSettings, Question]]:
    """Bring the failure about; yield the settings with which it is met, and whom to ask about."""
    kind, _, what = trigger.partition(":")
    about = question_about(NUMBER_OF[what] if kind == "persona" else SAMPLE)
    async with AsyncExitStack() as stack:
        match kind:
            case "persona":
                settings = settings_of(road, f"{stand_in}/{road}")
            case "switch":
                await stack.enter_async_context(switched(stand_in, json.loads(what)))
                settings = settings_of(road, f"{stand_in}/{road}")
            case "rules":
                await stack.enter_async_context(switched(stand_in, json.loads(what), "/mock/permissions"))
                settings = settings_of(road, f"{stand_in}/{road}")
            case "wrong":
                name, _, value = what.partition("=")
                settings = settings_of(road, f"{stand_in}/{road}", **{name: value})
            case "socket":
                url = await stack.enter_async_context(bad_socket(what))
                settings = settings_of(road, url)
            case "road":
                settings = settings_of(road, f"{stand_in}/{road}", max_connections=1, max_waiting=0)
            case _:
                url = await stack.enter_async_context(bad_certificate(what, authority))
                ca_bundle = None if what == "untrusted" else authority.file
                settings = settings_of(road, url, ca_bundle=ca_bundle)
        yield settings, about


@asynccontextmanager
async def switched(
    stand_in: str, wanted: dict[str, Any], path: str = "/mock/troubles"
) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=stand_in) as http:
        (await http.post(path, json=wanted)).raise_for_status()
        try:
            yield
        finally:
            (await http.post(path, json={})).raise_for_status()


@asynccontextmanager
async def bad_socket(what: str) -> AsyncIterator[str]:
    if what == "closed":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{unused.getsockname()[1]}"
        return
    async with a_bad_server(ANSWERS.get(what), hangs_up=what == "hang_up") as bad:
        yield bad.url


@asynccontextmanager
async def bad_certificate(what: str, authority: Authority) -> AsyncIterator[str]:
    if what == "plain":
        async with a_plain_speaker() as url:
            yield url
        return
    ends_in = timedelta(days=-1) if what == "ended" else timedelta(days=365)
    files = authority.issue("elsewhere" if what == "other_name" else "localhost", ends_in=ends_in)
    async with a_bad_server(ANSWERS["not_http"], tls=server_side(files)) as bad:
        yield bad.url


@asynccontextmanager
async def opened(settings: UpstreamSettings, trigger: str, folder: Path) -> AsyncIterator[PopulationSource]:
    """Open the road, as a gateway does where it is its guard that refuses."""
    kind, _, what = trigger.partition(":")
    if kind != "road":
        async with open_source(settings, SystemClock()) as source:
            yield source
        return
    stops = folder / "stops.toml"
    stops.write_text(ALWAYS_STOPPED if what == "stopped" else "", encoding="utf-8")
    async with open_roads((settings,), SystemClock(), planned_stops_file=stops) as roads:
        (road,) = roads.roads
        if what == "busy":
            assert road.places.take_at_once()
        for _ in range(settings.breaker_failures if what == "open" else 0):
            road.breaker.end(road.breaker.begin(), Verdict.FAILED, "http_503")
        yield roads


async def outcome_at_the_desk(
    source: PopulationSource, about: Question, budget_seconds: float
) -> tuple[str, str]:
    """Return what the officer gets, as it is on record, and the reason in the log."""
    desk = Desk(source=source, budget_seconds=budget_seconds)
    try:
        disclosure = await desk.service.look_up(desk.caller, a_command(question=about))
    except SourceError as error:
        return str(desk.outcome()["problem_code"]), error.reason
    assert desk.outcome()["outcome"] == disclosure.outcome
    assert (disclosure.citizen is not None) == (disclosure.outcome == "found")
    return disclosure.outcome.value, "-"


@pytest.mark.parametrize(("row", "road"), CASES)
async def test_each_failure_has_its_outcome_and_its_word(
    row: Row, road: str, stand_in: str, authority: Authority, tmp_path: Path
) -> None:
    budget_seconds = 0.25 if row["trigger"] in IS_SLOW else 5.0
    async with (
        failing(row["trigger"], road, stand_in, authority) as (settings, about),
        opened(settings, row["trigger"], tmp_path) as source,
    ):
        outcome, reason = await outcome_at_the_desk(source, about, budget_seconds)

    assert (outcome, reason) == (row["outcome"], row[road])


@pytest.mark.parametrize("row", [row for row in ROWS if row["lgsp-soap"] not in {"-", "n/a"}], ids=named)
async def test_the_fake_fails_with_the_same_words_to_the_same_end(row: Row) -> None:
    source = FakeSource(ERRORS[row["outcome"]](row["lgsp-soap"]))

    outcome = await outcome_at_the_desk(source, question_about(SAMPLE), 5.0)

    assert outcome == (row["outcome"], row["lgsp-soap"])


def test_every_behaviour_of_the_stand_in_that_is_no_plain_answer_stands_in_the_table() -> None:
    told = {row["trigger"].removeprefix("persona:") for row in ROWS}
    plain = {"found", "without_head", "empty_head", "empty_district", "without_district", "split_name"}

    assert {behaviour.value for behaviour in Behaviour} - plain <= told


def test_every_word_stands_in_the_table_or_has_tests_of_its_own() -> None:
    told = {row[road] for row in ROWS for road in ROADS} - {"-", "n/a"}

    assert told | OF_OTHER_TESTS == {reason.value for reason in Reason}
