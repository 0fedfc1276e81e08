"""Lookups are turned away while the process has more to compute than it can, and nothing else ever is."""

import asyncio
import itertools

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.errors import ProblemCode
from app.web.problems import KINDS
from app.web.shedding import GatewayOverloadedError, LoopWatch, Shedding, Valve

LOOKUPS = "/v1/residence-lookups"
ON_TIME, LATE, VERY_LATE = 0.01, 0.06, 0.5
LIMIT = 0.05
A_LOOK = 0.1
MANY, FEW = 1000, 8


def a_valve(*late: float) -> Valve:
    """Return a valve that has looked so many times and found the loop so late."""
    valve = Valve(LIMIT)
    valve.in_progress = MANY
    for each in late:
        valve.look(each, A_LOOK)
    return valve


def let_in(valve: Valve, count: int = 1000) -> int:
    """Return how many of so many lookups are let in."""
    return sum(is_let_in(valve) for _ in range(count))


def is_let_in(valve: Valve) -> bool:
    try:
        valve.check()
    except GatewayOverloadedError:
        return False
    return True


def test_everybody_is_let_in_while_the_loop_is_on_time() -> None:
    assert let_in(a_valve(*[ON_TIME] * 100)) == 1000


def test_one_long_pause_turns_nobody_away() -> None:
    assert let_in(a_valve(ON_TIME, VERY_LATE, ON_TIME)) == 1000


def test_loop_that_stays_late_turns_away_more_and_more() -> None:
    valve = Valve(LIMIT)
    shares = []
    for _ in range(12):
        valve.look(2 * LIMIT, A_LOOK)
        shares.append(valve.refused_share)

    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] > 0.4


def test_the_later_the_loop_the_sooner_lookups_are_turned_away() -> None:
    slightly, very = a_valve(*[LATE] * 7), a_valve(*[VERY_LATE] * 7)

    assert 0 < slightly.refused_share < very.refused_share


def test_some_are_let_in_however_late_the_loop_is() -> None:
    valve = a_valve(*[VERY_LATE] * 1000)

    assert 40 <= let_in(valve) <= 60


@pytest.mark.parametrize("looks", [6, 8, 10])
def test_so_many_are_turned_away_as_the_share_says(looks: int) -> None:
    valve = a_valve(*[2 * LIMIT] * looks)

    assert let_in(valve) == pytest.approx(1000 * (1 - valve.refused_share), abs=2)


def test_everybody_is_let_in_again_within_two_seconds_after_it_is_over() -> None:
    valve = a_valve(*[VERY_LATE] * 100, *[ON_TIME] * 20)

    assert let_in(valve) == 1000


def test_few_are_never_turned_away_however_late_others_on_the_machine_make_the_loop() -> None:
    valve = a_valve(*[VERY_LATE] * 100)
    valve.in_progress = FEW

    assert let_in(valve) == 1000


def test_switched_off_it_turns_nobody_away() -> None:
    valve = Valve(0)
    valve.in_progress = MANY
    for _ in range(100):
        valve.look(VERY_LATE, A_LOOK)

    assert let_in(valve) == 1000


def test_those_turned_away_together_are_not_told_to_come_back_together() -> None:
    valve, told = a_valve(*[VERY_LATE] * 100), set[int]()
    for _ in range(20):
        try:
            valve.check()
        except GatewayOverloadedError as error:
            told.add(error.retry_after_seconds)

    assert told == {1, 2, 3, 4}


def test_overload_never_licenses_paper() -> None:
    assert KINDS[ProblemCode.GATEWAY_OVERLOADED].opens_paper is False


async def _read(request: Request) -> Response:
    return PlainTextResponse((await request.body()).decode())


def a_client(valve: Valve) -> httpx.AsyncClient:
    routes = [Route(path, _read, methods=["GET", "POST"]) for path in (LOOKUPS, "/livez")]
    app = Shedding(Starlette(routes=routes), valve=valve, paths=(LOOKUPS,))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")


async def test_whoever_is_turned_away_is_told_why_and_when_to_come_again() -> None:
    async with a_client(a_valve(*[VERY_LATE] * 100)) as http:
        answer = await http.post(LOOKUPS, content=b"{", headers={"Accept-Language": "en"})

    problem = answer.json()
    assert answer.status_code == 503
    assert problem["code"] == "gateway_overloaded"
    assert problem["origin"] == "gateway"
    assert problem["paper"]["may_ask"] is False
    assert 1 <= int(answer.headers["Retry-After"]) <= 4
    assert answer.headers["X-Request-Id"] == problem["request_id"]
    assert answer.headers["Content-Language"] == "en"


@pytest.mark.parametrize(("method", "path"), [("GET", "/livez"), ("POST", "/livez"), ("GET", LOOKUPS)])
async def test_nothing_but_a_lookup_is_ever_turned_away(method: str, path: str) -> None:
    async with a_client(a_valve(*[VERY_LATE] * 100)) as http:
        answers = [await http.request(method, path) for _ in range(10)]

    assert {answer.status_code for answer in answers} == {200}


async def test_requests_are_counted_for_as_long_as_they_are_in_progress() -> None:
    valve = Valve(LIMIT)

    async def count(request: Request) -> Response:
        return PlainTextResponse(f"{valve.in_progress} {request.method}")

    app = Shedding(Starlette(routes=[Route("/", count)]), valve=valve, paths=(LOOKUPS,))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as http:
        assert (await http.get("/")).text == "1 GET"
    assert valve.in_progress == 0


async def test_lookups_pass_unread_while_all_is_well() -> None:
    async with a_client(a_valve()) as http:
        assert (await http.post(LOOKUPS, content=b"a question")).text == "a question"


def test_one_pause_however_long_is_one_look() -> None:
    valve = a_valve()
    valve.look(10.0, 10.0)

    assert let_in(valve) == 1000


async def test_watch_sees_a_loop_that_is_held() -> None:
    valve = Noting()
    async with LoopWatch(valve):
        await asyncio.sleep(0)
        hold()
        await valve.looked.wait()

    assert valve.latest >= LATE


class Noting(Valve):
    """A valve that notes how late the loop was."""

    def __init__(self) -> None:
        super().__init__(LIMIT)
        self.looked = asyncio.Event()
        self.latest = 0.0

    def look(self, late_seconds: float, passed_seconds: float) -> None:
        self.latest = max(self.latest, late_seconds)
        super().look(late_seconds, passed_seconds)
        self.looked.set()


def hold() -> None:
    """Compute for longer than the loop may be held."""
    until = asyncio.get_running_loop().time() + LATE + 0.04
    for _ in itertools.takewhile(lambda _: asyncio.get_running_loop().time() < until, itertools.count()):
        pass
