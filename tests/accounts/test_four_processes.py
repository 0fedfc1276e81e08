"""What is taken away is gone within a second in each of four processes that serve one database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.cli import invented
from tests.gateway import bearer
from tests.logs.processes import Running, a_process, free_port, gateway_environment
from tests.world import World

NEW_PASSWORD = "Sáng-nay-trời-mưa-7"


@pytest.fixture
async def four(world: World, tmp_path: Path) -> AsyncIterator[list[Running]]:
    """Four `dancu serve` over one database."""
    async with AsyncExitStack() as stack:
        ports = [free_port() for _ in range(4)]
        yield await asyncio.gather(
            *(
                stack.enter_async_context(
                    a_process(
                        tmp_path / f"gateway-{number}.out",
                        port,
                        "-m",
                        "app",
                        "serve",
                        environment=gateway_environment(world, port, upstream_port=9),
                    )
                )
                for number, port in enumerate(ports)
            )
        )


async def _sign_in(
    world: World, gateway: Running, officer: str, password: str | None = None
) -> httpx.Response:
    form = {
        "grant_type": "password",
        "username": officer,
        "password": password or world.province.passwords[officer],
    }
    client = (invented.CLIENT_ID, world.province.client_secret)
    return await gateway.http.post("/v1/auth/token", data=form, auth=client)


async def _refusal(gateway: Running, token: str) -> str:
    """Return the code of the first refusal, or that none came within a second."""
    try:
        async with asyncio.timeout(1.0):
            answer = await gateway.http.get("/v1/me", headers=bearer(token))
            while answer.status_code == 200:
                await asyncio.sleep(0.02)
                answer = await gateway.http.get("/v1/me", headers=bearer(token))
    except TimeoutError:
        return "not refused within a second"
    return str(answer.json()["code"])


async def _execute(world: World, statement: str, officer: str) -> None:
    connection = await asyncpg.connect(world.database.owner_url)
    try:
        await connection.execute(statement, officer)
    finally:
        await connection.close()


async def _suspend(world: World, _gateway: Running, officer: str, _token: str) -> None:
    await _execute(world, "update officer set status = 'suspended' where login_name = $1", officer)


async def _change_role(world: World, _gateway: Running, officer: str, _token: str) -> None:
    await _execute(world, "update officer set role = 'processing' where login_name = $1", officer)


async def _lock(world: World, gateway: Running, officer: str, _token: str) -> None:
    tries = [await _sign_in(world, gateway, officer, "Không-phải-mật-khẩu-1") for _ in range(5)]
    assert {answer.json()["error"] for answer in tries} == {"invalid_grant"}


async def _change_password(world: World, gateway: Running, officer: str, token: str) -> None:
    change = {"current_password": world.province.passwords[officer], "new_password": NEW_PASSWORD}
    answer = await gateway.http.post("/v1/me/password", json=change, headers=bearer(token))
    answer.raise_for_status()


Change = Callable[[World, Running, str, str], Awaitable[None]]
CHANGES: dict[str, tuple[str, Change, str]] = {
    "suspension": (invented.RECEPTION, _suspend, "officer_suspended"),
    "password change": (invented.PROCESSING, _change_password, "session_ended"),
    "role change": (invented.UNMAPPED, _change_role, "session_ended"),
    "lock": (invented.CENTRE_RECEPTION, _lock, "session_ended"),
}
"""What is done to whom, and the code that tells them: an officer each, since four processes cost seconds."""


async def test_the_next_request_with_the_old_token_is_refused_on_each_of_four_processes(
    world: World, four: list[Running]
) -> None:
    refused = {
        name: await _refusals_after(change, officer, world, four)
        for name, (officer, change, _) in CHANGES.items()
    }
    assert refused == {name: [code] * 4 for name, (_, _, code) in CHANGES.items()}


async def _refusals_after(change: Change, officer: str, world: World, four: list[Running]) -> list[str]:
    token = (await _sign_in(world, four[0], officer)).raise_for_status().json()["access_token"]
    before = [await gateway.http.get("/v1/me", headers=bearer(token)) for gateway in four]
    assert [answer.status_code for answer in before] == [200] * 4
    await change(world, four[1], officer, token)
    return await asyncio.gather(*(_refusal(gateway, token) for gateway in four))
