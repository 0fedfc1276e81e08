"""Health: alive as long as the process is, ready only while evidence can be written."""

import asyncio

import httpx

from tests.cluster import PostgresCluster
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.world import World


async def test_a_running_gateway_is_alive_and_ready(gateway: Gateway) -> None:
    await gateway.sign_in()
    assert (await gateway.http.get("/livez")).json() == {"alive": True}
    ready = await gateway.http.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert ready.json()["checks"] == {"directory": True, "audit": True, "anchoring": True, "token_key": True}


async def test_without_database_it_is_alive_but_not_ready(
    world: World, postgres_cluster: PostgresCluster
) -> None:
    async with running_gateway(world, an_upstream(), directory_max_age_seconds=0.5) as gateway:
        await postgres_cluster._close_to_connections(world.database.name)
        ready = await _unready(gateway)
        assert (await gateway.http.get("/livez")).status_code == 200
    assert (ready.status_code, ready.json()["ready"]) == (503, False)


async def _unready(gateway: Gateway) -> httpx.Response:
    """Return the first answer that is not ready, or the last of five seconds."""
    for _ in range(50):
        answer = await gateway.http.get("/readyz")
        if answer.status_code == 503:
            break
        await asyncio.sleep(0.1)
    return answer


async def test_health_needs_no_token_and_is_not_cached(gateway: Gateway) -> None:
    for path in ("/livez", "/readyz"):
        answer = await gateway.http.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Request-Id"]
