"""`python -m bench.overload`: three times what a gateway can do, and what becomes of everybody.

First how many lookups a second one process, on a core of its own, answers to 64 callers; then so many callers
ask, each thinking for a while after each answer, that three times as many lookups arrive, while health, an
officer's own page and an administrator's, which is read from the database, are asked beside them; then a
third of it. Exit code 1 where nobody was turned away or somebody without Retry-After, an answer or a page
took too long, an intent has no outcome or an answer no record, too few were answered, or the gateway did not
recover by itself; and, without a verdict, where so much could not be sent.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
import httpx

from app.audit.record import RecordKind
from bench.administrator import administrator_token
from bench.callers import Callers, Crowd
from bench.children import HOST, free_port
from bench.desk import Desk, open_desk, question
from bench.directory_ground import Size, fill
from bench.endings import Rule, run_rules
from bench.national_side import mock_configuration, real_exchange, running_nginx
from bench.open_load import MANY_IN_FLIGHT
from bench.overload_verdict import Loads, Plan, judge, recorded, show_paces
from bench.processor import Pinning, choose_pinning, used_seconds
from bench.programs import find_programs
from bench.slow_ground import Delay, open_slow_ground

_OFFICERS: Final = 16
_CALLERS: Final = 64
_WARM_UP_SECONDS: Final = 2
_ANSWERED_IN_MS: Final = 80
"""About how long callers wait for an answer under overload: so many more are needed to ask as often."""
_BETWEEN_SECONDS: Final = 0.2
_OFFICERS_PAGES: Final = ("/livez", "/readyz", "/v1/me")
_ADMINISTRATORS_PAGE: Final = "/v1/officers"
_LISTED: Final = Size(officers=500, units=50, procedures=10, grants=100)
"""More officers than stand on a page."""


def main() -> int:
    """Run the measurement, print what came of it, and return 1 where a rule was broken."""
    plan = _read_plan()
    return run_rules(lambda folder: _measure(folder, plan))


def _measure(folder: Path, plan: Plan) -> list[Rule]:
    programs, pinning = find_programs(), choose_pinning()
    pinning.apply_to_others()
    print(pinning)
    with _open_desk(folder, plan, programs.nginx, pinning) as desk:
        callers = Callers(programs.wrk, folder, desk.url, question(), desk.tokens)
        loads = _load(desk, callers, plan)
        evidence = desk.evidence()
        outcomes = asyncio.run(_outcomes(desk.database_url))
    show_paces(loads)
    return [*judge(plan, loads), *recorded(loads, evidence, outcomes)]


@contextmanager
def _open_desk(folder: Path, plan: Plan, nginx: str, pinning: Pinning) -> Iterator[Desk]:
    """Start a gateway before a national side that takes its time, or answers at once."""
    settings, filled = MANY_IN_FLIGHT if plan.has_many_places else {}, partial(fill, size=_LISTED)
    if plan.national_ms:
        delay = Delay(plan.national_ms, 0.5)
        with open_slow_ground(folder, delay, _OFFICERS, settings, fill=filled, pinning=pinning) as ground:
            yield ground.desk
        return
    port = free_port()
    url, configure = f"http://{HOST}:{port}", partial(mock_configuration, port, real_exchange())
    with (
        running_nginx(nginx, folder / "national", configure, url),
        open_desk(folder, url, _OFFICERS, pinning, settings, fill=filled) as desk,
    ):
        yield desk


def _load(desk: Desk, callers: Callers, plan: Plan) -> Loads:
    readers = dict.fromkeys(_OFFICERS_PAGES, desk.tokens[0])
    readers[_ADMINISTRATORS_PAGE] = administrator_token(desk)
    callers.send(Crowd(_CALLERS, _WARM_UP_SECONDS))
    began = used_seconds(desk.gateway_pid)
    capacity = callers.send(Crowd(_CALLERS, plan.capacity_seconds))
    per_second = capacity.pace()
    much = Crowd.asking(plan.times * per_second, plan.overload_seconds, plan.think_ms, _ANSWERED_IN_MS)
    little = Crowd.asking(per_second / 3, plan.recovery_seconds, plan.think_ms, 0)
    before = used_seconds(desk.gateway_pid)
    # wrk is a program of its own, and so is held up by nothing here.
    with ThreadPoolExecutor(1) as sender:
        sent = sender.submit(callers.send, much)
        pages = _ask_pages(desk.base_url, readers, sent.done)
        overload = sent.result()
    used = before - began, used_seconds(desk.gateway_pid) - before
    return Loads(capacity, overload, callers.send(little), pages, used)


def _ask_pages(url: str, readers: Mapping[str, str], is_over: Callable[[], bool]) -> dict[str, list[float]]:
    """Ask the pages by turns, each with its reader's token, until *is_over*.

    Return how long each took, an unanswered one for ever.
    """
    pages: dict[str, list[float]] = {page: [] for page in readers}
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as http:
        while not is_over():
            for page, took in pages.items():
                began = time.perf_counter()
                try:
                    is_good = http.get(page, headers={"Authorization": f"Bearer {readers[page]}"}).is_success
                except httpx.TransportError:
                    is_good = False
                took.append(time.perf_counter() - began if is_good else float("inf"))
            time.sleep(_BETWEEN_SECONDS)
    return pages


async def _outcomes(database_url: str) -> set[str]:
    """Return the ids of all lookups whose outcome is on record."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "select lookup_id from audit_record where kind = $1", RecordKind.LOOKUP_OUTCOME.value
        )
    finally:
        await connection.close()
    return {str(row["lookup_id"]) for row in rows}


def _read_plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__)
    add = parser.add_argument
    add("--times", type=float, default=3, help="how many times its capacity it is asked (3)")
    add("--capacity-seconds", type=int, default=5)
    add("--overload-seconds", type=int, default=12)
    add("--recovery-seconds", type=int, default=8)
    add("--think-ms", type=int, default=300, help="how long a caller waits before the next lookup (300)")
    add("--national-ms", type=float, default=0, help="the national side's median; 0: it answers at once (0)")
    add("--usual-places", action="store_true", help="64 national calls at once, and not 2,500")
    given = parser.parse_args()
    return Plan(
        times=given.times,
        capacity_seconds=given.capacity_seconds,
        overload_seconds=given.overload_seconds,
        recovery_seconds=given.recovery_seconds,
        think_ms=given.think_ms,
        national_ms=given.national_ms,
        has_many_places=not given.usual_places,
    )


if __name__ == "__main__":
    sys.exit(main())
