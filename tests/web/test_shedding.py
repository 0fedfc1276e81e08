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
from app.web.problem_kinds import KINDS
from app.web.shedding import GatewayOverloadedError, LoopWatch, Shedding, Valve

LOOKUPS = "/v1/residence-lookups"
ON_TIME, LATE, VERY_LATE = 0.01, 0.06, 0.5
LIMIT = 0.05
A_LOOK = 0.1
MANY, FEW = 1000, 8


def a_valve(*late: float, in_progress: int = MANY) -> Valve:
    """Return a valve that looked so often and found the loop so late; a lookup came each millisecond."""
    valve = Valve(LIMIT)
    valve.begun = in_progress
    for each in late:
        valve.begun += 100
        valve.ended += 100
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


def test_one_pause_however_long_is_one_look() -> None:
    valve = a_valve()
    valve.look(10.0, 10.0)

    assert let_in(valve) == 1000


def test_loop_that_stays_late_shuts_the_valve() -> None:
    assert [a_valve(*[LATE] * looks).is_shut for looks in range(5)] == [False, False, False, True, True]


def test_whoever_comes_no_more_often_than_before_is_let_in_though_it_is_shut() -> None:
    """At 1,000 a second, as many as came, a look on time after a fiftieth of a second lets in twenty."""
    valve = a_valve(*[LATE] * 3)
    for _ in range(10):
        valve.look(ON_TIME, 0.02)
        assert let_in(valve, 20) == 20


def test_the_later_the_loop_the_fewer_are_let_in() -> None:
    slightly, very = a_valve(*[LATE] * 3), a_valve(*[LATE] * 3)
    slightly.look(LATE, A_LOOK)
    very.look(VERY_LATE, A_LOOK)

    assert 0 < let_in(very) < let_in(slightly) < 1000


def test_the_window_falls_while_the_loop_is_late_and_grows_while_it_is_not_and_lookups_are_turned_away() -> (
    None
):
    valve = a_valve(*[LATE] * 3)
    windows = []
    for late in [VERY_LATE] * 5 + [ON_TIME] * 5:
        valve.look(late, A_LOOK)
        windows.append(valve.window)
        assert let_in(valve) < 1000

    assert windows[:5] == sorted(windows[:5], reverse=True)
    assert windows[5:] == sorted(windows[5:])


def test_a_window_that_nobody_came_to_fill_does_not_grow() -> None:
    valve = a_valve(*[LATE] * 3)
    before = valve.window
    valve.look(ON_TIME, A_LOOK)

    assert valve.window == before


def test_a_loop_that_is_late_by_turning_lookups_away_does_not_let_in_fewer_for_that() -> None:
    few, many = a_valve(*[LATE] * 3), a_valve(*[LATE] * 3)
    let_in(few, 100)
    let_in(many, 2000)
    for valve in (few, many):
        valve.look(1.5 * LIMIT, A_LOOK)

    assert let_in(many) > let_in(few)


def test_somebody_is_let_in_however_late_the_loop_is() -> None:
    valve = a_valve(*[VERY_LATE] * 1000)
    for _ in range(200):
        valve.look(LATE, A_LOOK)
        let_in(valve)
    valve.look(ON_TIME, A_LOOK)

    assert let_in(valve) >= 8


def test_it_opens_after_a_second_in_which_nobody_had_to_be_turned_away() -> None:
    valve = a_valve(*[VERY_LATE] * 100)
    let_in(valve)
    shut = []
    for _ in range(12):
        valve.look(ON_TIME, A_LOOK)
        shut.append(valve.is_shut)

    assert shut[:10] == [True] * 10
    assert shut[-1] is False
    assert let_in(valve) == 1000


def test_it_stays_shut_while_somebody_has_to_be_turned_away() -> None:
    valve = a_valve(*[VERY_LATE] * 100)
    for _ in range(30):
        valve.look(ON_TIME, A_LOOK)
        assert let_in(valve, 10_000) < 10_000


def test_once_open_it_takes_its_time_again_to_shut() -> None:
    valve = a_valve(*[VERY_LATE] * 100, *[ON_TIME] * 12)
    assert not valve.is_shut
    valve.look(LATE, A_LOOK)

    assert let_in(valve) == 1000


def test_few_are_never_turned_away_however_late_others_on_the_machine_make_the_loop() -> None:
    valve = a_valve(*[VERY_LATE] * 100, in_progress=FEW)
    for _ in range(20):
        valve.look(VERY_LATE, A_LOOK)
        assert let_in(valve, FEW) == FEW


def test_switched_off_it_turns_nobody_away() -> None:
    valve = Valve(0)
    valve.watch(lambda: 100.0, lambda: 0)
    valve.begun = MANY
    for _ in range(100):
        valve.look(VERY_LATE, A_LOOK)

    assert let_in(valve) == 1000


@pytest.mark.parametrize(("crowding", "is_shut"), [(1.0, False), (1.2, True)])
def test_a_line_of_more_than_the_next_turn_can_take_shuts_it_though_the_loop_is_on_time(
    *, crowding: float, is_shut: bool
) -> None:
    valve = a_valve()
    valve.watch(lambda: crowding, lambda: 0)
    for _ in range(10):
        valve.look(ON_TIME, 0.05)

    assert valve.is_shut is is_shut


@pytest.mark.parametrize(
    ("a_look", "busy_share", "is_shut"),
    [(20, 0.9, True), (20, 0.2, False), (0, 0.9, False)],
    ids=["begun for nothing while busy", "the national side is merely slow", "all had places"],
)
def test_lookups_begun_for_nothing_shut_it_where_the_process_has_too_much_to_do(
    *, a_look: int, busy_share: float, is_shut: bool
) -> None:
    valve, turned_back = a_valve(), itertools.count(0, a_look or 1)
    valve.watch(lambda: 0.0, lambda: next(turned_back) if a_look else 0)
    for _ in range(40):
        valve.look(ON_TIME, 0.02, busy_share)

    assert valve.is_shut is is_shut


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


def test_what_three_times_too_many_ask_is_answered_at_what_can_be_done() -> None:
    """A process that can do 4,000 a second, whose loop is late by what it has not done yet."""
    valve, waiting, done, later = Valve(LIMIT), 0.0, 0.0, list[float]()
    for _ in range(200):
        late_seconds = waiting / 4000 / 4  # a lookup takes some four turns of the loop
        passed_seconds = 0.02 + late_seconds
        valve.look(late_seconds, passed_seconds)
        came = round(12_000 * passed_seconds)
        entered = let_in(valve, came) if valve.is_shut else came
        ended = min(waiting + entered, 4000 * passed_seconds)
        waiting += entered - ended
        valve.begun += entered
        valve.ended = valve.begun - round(waiting)
        done += ended
        later.append(late_seconds)

    assert max(later[100:]) < 2 * LIMIT
    assert done == pytest.approx(4000 * sum(0.02 + each for each in later), rel=0.02)


async def _read(request: Request) -> Response:
    return PlainTextResponse((await request.body()).decode())


def a_client(valve: Valve) -> httpx.AsyncClient:
    routes = [Route(path, _read, methods=["GET", "POST"]) for path in (LOOKUPS, "/livez")]
    app = Shedding(Starlette(routes=routes), valve=valve, paths=(LOOKUPS,))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")


def a_full_valve() -> Valve:
    """Return one that lets in nobody more."""
    valve = a_valve(*[VERY_LATE] * 100)
    let_in(valve)
    return valve


async def test_whoever_is_turned_away_is_told_why_and_when_to_come_again() -> None:
    async with a_client(a_full_valve()) as http:
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
    async with a_client(a_full_valve()) as http:
        answers = [await http.request(method, path) for _ in range(10)]

    assert {answer.status_code for answer in answers} == {200}


async def test_requests_are_counted_for_as_long_as_they_are_in_progress() -> None:
    valve = Valve(LIMIT)

    async def count(request: Request) -> Response:
        return PlainTextResponse(f"{valve.begun - valve.ended} {request.method}")

    app = Shedding(Starlette(routes=[Route("/", count)]), valve=valve, paths=(LOOKUPS,))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as http:
        assert (await http.get("/")).text == "1 GET"
    assert valve.begun == valve.ended == 1


async def test_lookups_pass_unread_while_all_is_well() -> None:
    async with a_client(a_valve()) as http:
        assert (await http.post(LOOKUPS, content=b"a question")).text == "a question"


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

    def look(self, late_seconds: float, passed_seconds: float, busy_share: float = 1.0) -> None:
        self.latest = max(self.latest, late_seconds)
        super().look(late_seconds, passed_seconds, busy_share)
        self.looked.set()


def hold() -> None:
    """Compute for longer than the loop may be held."""
    until = asyncio.get_running_loop().time() + LATE + 0.04
    for _ in itertools.takewhile(lambda _: asyncio.get_running_loop().time() < until, itertools.count()):
        pass
