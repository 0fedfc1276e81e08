"""How long after a lookup's answer its proof can be fetched."""

import asyncio
import random
import time
from typing import Final

import httpx

from tests.outsiders.fetching import PROOFS
from tests.world import a_dossier_code, a_lookup

PROMISED_SECONDS: Final = 10.0
_PHASES_SECONDS: Final = 24.0  # some rounds of the worker
_ASK_AGAIN_SECONDS: Final = 0.1
_GIVE_UP_SECONDS: Final = 60.0


async def look_up(http: httpx.AsyncClient, number: int) -> str:
    """Return the id of a lookup that found somebody."""
    body = a_lookup(dossier_code=a_dossier_code(running_number=number))
    answer = (await http.post("/v1/residence-lookups", json=body)).raise_for_status().json()
    return str(answer["lookup_id"])


async def waits_for_proofs(http: httpx.AsyncClient, count: int, chance: random.Random) -> list[float]:
    """Return the seconds from answer to proof of lookups that come at random moments."""

    async def one(number: int) -> float:
        await asyncio.sleep(chance.uniform(0, _PHASES_SECONDS))
        lookup_id = await look_up(http, number)
        answered_at = time.monotonic()
        async with asyncio.timeout(_GIVE_UP_SECONDS):
            while not (await http.get(PROOFS + lookup_id)).is_success:  # noqa: ASYNC110 - a worker makes it
                await asyncio.sleep(_ASK_AGAIN_SECONDS)
        return time.monotonic() - answered_at

    return await asyncio.gather(*map(one, range(1000, 1000 + count)))
