"""What a flood of wrong sign-ins takes from lookups: rounds without, with, and with it sent elsewhere."""

import asyncio
import json
import multiprocessing
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from app.cli import invented
from bench.children import free_port
from bench.failure import BenchError
from bench.flooding import Flood, Mix, do_nothing, send_flood
from bench.processor import used_seconds
from bench.sign_in_ground import DESKS, PASSWORD, TOKEN_PATH, Ground
from bench.wire import Wire, a_post

_LOOKUP_PATH: Final = "/v1/residence-lookups"
_OK: Final = 200
_US: Final = 1_000_000
_LEAD_SECONDS: Final = 1.0  # the flood is under way before lookups are counted, and still is after
_QUESTION: Final = {
    "citizen": {"id_number": "099190000017", "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"},
    "procedure_code": invented.RESIDENCE_PROCEDURE,
    "dossier_code": f"{invented.COMMUNE_LEGACY_CODE}-230301-0001",
    "verification_method": "online_lookup",
    "reception_channel": "counter",
}
_QUIET, _ELSEWHERE, _FLOODED = "quiet", "elsewhere", "flooded"
_STATES: Final = (_QUIET, _ELSEWHERE, _FLOODED)


@dataclass(frozen=True, slots=True)
class Spell:
    """One stretch of lookups; `loop_us` is the event loop's processor time a lookup, `all_us` everybody's."""

    lookups_per_second: float
    loop_us: float
    all_us: float
    sign_ins: int
    refused_sign_ins: int


@dataclass(frozen=True, slots=True)
class Load:
    """How much is sent, and for how long."""

    rate: int
    seconds: int
    rounds: int


def measure_floods(ground: Ground, load: Load, mixes: Sequence[Mix], least: float) -> bool:
    """Print what each mix takes from lookups; return whether one takes more than to *least* of their rate."""
    tokens = asyncio.run(_sign_desks_in(ground))
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(look_up, ground, tokens, 3).result()
        kept = [_Trial(ground, load, tokens, pool, mix, at).run() for at, mix in enumerate(mixes)]
    return min(kept) < least


class _Trial:
    """The rounds of one mix."""

    def __init__(
        self, ground: Ground, load: Load, tokens: list[str], pool: ProcessPoolExecutor, mix: Mix, number: int
    ) -> None:
        self._ground = ground
        self._load = load
        self._tokens = tokens
        self._pool = pool
        self._mix = mix
        self._first_network = number * load.rounds
        self._spells: dict[str, list[Spell]] = {state: [] for state in _STATES}
        self._flood = Flood()
        self._idle_seconds: list[float] = []

    def run(self) -> float:
        """Return the share of lookups that the gateway keeps under the flood: median of the rounds."""
        print(f"\nflood: {self._mix.title}, {self._load.rate} a second", flush=True)
        for number in range(self._load.rounds):
            turn = number % len(_STATES)  # so that a drift of the machine meets all of them
            for state in (*_STATES[turn:], *_STATES[:turn]):
                self._spells[state].append(self._spell(state, number))
            rates = ", ".join(f"{self._spells[s][-1].lookups_per_second:.0f} {s}" for s in _STATES)
            print(f"  round {number + 1}: lookups a second: {rates}", flush=True)
        return self._report()

    def _spell(self, state: str, number: int) -> Spell:
        seconds = self._load.seconds
        flood = self._start(state, number) if state != _QUIET else None
        time.sleep(_LEAD_SECONDS)
        spell = self._pool.submit(look_up, self._ground, self._tokens, seconds).result()
        if flood is not None:
            sent = flood.result()
            if state == _FLOODED:
                self._flood.statuses += sent.statuses
                self._flood.cpu_seconds += sent.cpu_seconds
        return spell

    def _start(self, state: str, number: int) -> "Future[Flood]":
        length, port = self._load.seconds + 2 * _LEAD_SECONDS, self._ground.port
        if state == _ELSEWHERE:
            port = free_port()
            self._pool.submit(do_nothing, port, length + 1).add_done_callback(
                lambda done: self._idle_seconds.append(done.result())
            )
            time.sleep(0.3)
        network = self._first_network + number
        return self._pool.submit(send_flood, self._ground, self._mix, port, self._load.rate, length, network)

    def _report(self) -> float:
        plain, own = self._ratios(_QUIET), self._ratios(_ELSEWHERE)
        sent = self._load.rounds * (self._load.seconds + 2 * _LEAD_SECONDS)
        tries = self._load.rate * sent
        statuses: Counter[int] = self._flood.statuses
        print(
            f"  {sum(statuses.values()) / sent:.0f} wrong sign-ins a second: {dict(sorted(statuses.items()))}"
        )
        for state in _STATES:
            spells = self._spells[state]
            print(
                f"  {state:<10}"
                f"{statistics.median(each.lookups_per_second for each in spells):>7.0f} lookups a second;"
                f" gateway's µs per lookup:"
                f"{statistics.median(each.loop_us for each in spells):>6.0f} event loop,"
                f"{statistics.median(each.all_us for each in spells):>6.0f} with hashing;"
                f" right sign-ins: {sum(each.sign_ins for each in spells)}"
                f" taken, {sum(each.refused_sign_ins for each in spells)} refused"
            )
        print(
            f"  the generator used {self._flood.cpu_seconds / tries * _US:.0f} µs a try of our cores,"
            f" the listener {sum(self._idle_seconds) / tries * _US:.0f} µs"
        )
        loop = [
            calm.loop_us / own.loop_us
            for own, calm in zip(self._spells[_FLOODED], self._spells[_ELSEWHERE], strict=True)
        ]
        print(f"  flooded ÷ quiet:     {_shown(plain)}  the generator's own use of the cores included")
        print(f"  flooded ÷ elsewhere: {_shown(own)}  what the gateway loses: this one is judged")
        print(f"  the same by the event loop's processor time a lookup: {_shown(loop)}", flush=True)
        return statistics.median(own)

    def _ratios(self, baseline: str) -> list[float]:
        pairs = zip(self._spells[_FLOODED], self._spells[baseline], strict=True)
        return [own.lookups_per_second / other.lookups_per_second for own, other in pairs]


def _shown(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f}-{max(ratios):.3f})"


def look_up(ground: Ground, tokens: list[str], seconds: int) -> Spell:
    """Return what desks get that ask again as soon as they are answered; one officer a second signs in."""
    return asyncio.run(_keep_looking_up(ground, tokens, seconds))


async def _keep_looking_up(ground: Ground, tokens: list[str], seconds: int) -> Spell:
    body, sign_ins, lookups = json.dumps(_QUESTION).encode(), Counter[int](), 0
    async with AsyncExitStack() as stack:
        wires = []
        for _ in range(len(tokens) + 1):
            wires.append(await Wire.open(ground.port))
            stack.callback(wires[-1].close)
        started, loop_before = time.perf_counter(), _loop_seconds(ground.pid)
        all_before = used_seconds(ground.pid)
        until = started + seconds

        async def ask(wire: Wire, token: str) -> int:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            question, done = a_post(_LOOKUP_PATH, headers, body), 0
            while time.perf_counter() < until:
                status, _ = await wire.ask(question)
                if status != _OK:
                    raise BenchError(f"a lookup was answered with HTTP {status}")
                done += 1
            return done

        async def sign_in() -> None:
            for number in range(seconds - 1):
                await asyncio.sleep(max(0.0, started + number + 0.5 - time.perf_counter()))
                form = {"grant_type": "password", "username": f"desk.{number % DESKS + 1}"}
                form["password"] = PASSWORD
                status, _ = await wires[-1].ask(a_post(TOKEN_PATH, ground.headers, urlencode(form).encode()))
                sign_ins[status] += 1

        *counts, _ = await asyncio.gather(*map(ask, wires, tokens), sign_in())
        lookups = sum(count for count in counts if count is not None)
        took = time.perf_counter() - started
        loop_used = _loop_seconds(ground.pid) - loop_before
        all_used = used_seconds(ground.pid) - all_before
    good = sign_ins.pop(_OK, 0)
    return Spell(lookups / took, loop_used / lookups * _US, all_used / lookups * _US, good, sign_ins.total())


def _loop_seconds(pid: int) -> float:
    """Return the processor time of a process's first thread, the event loop's (proc(5), schedstat)."""
    spent = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text(encoding="ascii").split()[0]
    return int(spent) / 1e9


async def _sign_desks_in(ground: Ground) -> list[str]:
    wire, tokens = await Wire.open(ground.port), []
    for number in range(1, DESKS + 1):
        form = {"grant_type": "password", "username": f"desk.{number}", "password": PASSWORD}
        status, body = await wire.ask(a_post(TOKEN_PATH, ground.headers, urlencode(form).encode()))
        if status != _OK:
            raise BenchError(f"a desk's sign-in was answered with HTTP {status}")
        token = json.loads(body)["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        notice = json.dumps({"version": "2026-1"}).encode()
        await wire.ask(a_post("/v1/me/confidentiality-notice", headers, notice))
        tokens.append(token)
    wire.close()
    return tokens
