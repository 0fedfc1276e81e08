"""Lookups that arrive at a steady pace, whatever became of those before them, while a road hangs."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp
import httpx

from bench.desk import question
from bench.failure import BenchError

_PATIENCE_SECONDS: Final = 60
Troubles = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many lookups arrive for how long, and when the first road hangs; seconds from the start."""

    per_second: int
    seconds: int
    hangs_at: int
    recovers_at: int
    latency_ms: int
    officers: int
    budget_seconds: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """One lookup as its caller saw it; times in seconds from the start of the load."""

    lookup_id: str
    sent_at: float
    took_seconds: float
    status: int
    outcome: str
    road: str
    why: str
    paper_may_ask: bool


@dataclass(frozen=True, slots=True)
class Load:
    """All lookups, and when the first road surely hung and surely answered again."""

    lookups: Sequence[Lookup]
    hung_at: float
    recovered_at: float


async def run_load(plan: Plan, url: str, tokens: Sequence[str], first_url: str) -> Load:
    """Return what came of the lookups of *plan*."""
    healthy: Troubles = {"latency_ms": plan.latency_ms}
    hung: Troubles = {"hang": True}
    await _switch(first_url, healthy)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
    async with aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(_PATIENCE_SECONDS)
    ) as http:
        began, body = time.monotonic(), question()
        trouble = asyncio.create_task(_trouble(plan, first_url, began, healthy, hung))
        lookups = []
        for number in range(plan.per_second * plan.seconds):
            await asyncio.sleep(max(0.0, began + number / plan.per_second - time.monotonic()))
            token = tokens[number % len(tokens)]
            lookups.append(asyncio.create_task(_look_up(http, url, token, body, began)))
        hung_at, recovered_at = await trouble
        return Load(await asyncio.gather(*lookups), hung_at, recovered_at)


async def _trouble(
    plan: Plan, url: str, began: float, healthy: Troubles, hung: Troubles
) -> tuple[float, float]:
    times = []
    for second, troubles in ((plan.hangs_at, hung), (plan.recovers_at, healthy)):
        await asyncio.sleep(began + second - time.monotonic())
        await _switch(url, troubles)
        times.append(time.monotonic() - began)
    return times[0], times[1]


async def _switch(url: str, troubles: Troubles) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{url}/mock/troubles", json=troubles)
    if not answer.is_success:
        raise BenchError(f"the stand-in did not take its troubles: HTTP {answer.status_code}")


async def _look_up(http: aiohttp.ClientSession, url: str, token: str, body: bytes, began: float) -> Lookup:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    sent_at = time.monotonic()
    async with http.post(url, data=body, headers=headers) as response:
        said = json.loads(await response.read())
        ended_at = time.monotonic()
        return Lookup(
            response.headers.get("X-Lookup-Id", ""),
            sent_at - began,
            ended_at - sent_at,
            response.status,
            str(said.get("outcome") or said.get("code")),
            str(said.get("source", "")),
            str(said.get("why", "")),
            bool(said.get("paper", {}).get("may_ask")),
        )
