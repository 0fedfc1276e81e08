"""Short ways to say what officers and their software ask of the gateway about accounts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pyotp

from app.cli import invented
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import TurnableClock, World

NEW_PASSWORD = "Cửa-sổ-xanh-2027!"


@asynccontextmanager
async def turnable_gateway(world: World, clock: TurnableClock, **settings: Any) -> AsyncIterator[Gateway]:
    """Run a gateway under *clock*, whose directory does not grow stale by turning it."""
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    settings = {"directory_max_age_seconds": timedelta(days=400).total_seconds()} | settings
    async with running_gateway(world, an_upstream(), transport=mock, clock=clock, **settings) as gateway:
        yield gateway


async def tokens_of(gateway: Gateway, login_name: str = invented.RECEPTION) -> dict[str, Any]:
    """Return what a right sign-in gives."""
    return dict((await gateway.try_sign_in(login_name)).raise_for_status().json())


async def refresh(gateway: Gateway, token: str) -> httpx.Response:
    """Ask for new tokens."""
    return await gateway.post_form("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": token})


async def profile(gateway: Gateway, token: str) -> httpx.Response:
    """Ask who the token's officer is."""
    return await gateway.http.get("/v1/me", headers=bearer(token))


async def change_password(
    gateway: Gateway, token: str, current: str | None = None, new: str = NEW_PASSWORD, **headers: str
) -> httpx.Response:
    """Change the reception officer's password."""
    body = {
        "current_password": current or gateway.world.province.passwords[invented.RECEPTION],
        "new_password": new,
    }
    return await gateway.http.post("/v1/me/password", json=body, headers=bearer(token) | headers)


async def soon(
    gateway: Gateway, token: str, code: str = "session_ended", *, seconds: float = 10.0
) -> str | None:
    """Return how `/v1/me` answers: *code* as soon as it is that, what it was at last otherwise."""
    said: str | None = None
    try:
        async with asyncio.timeout(seconds):
            while said != code:
                said = (await profile(gateway, token)).json().get("code")
                await asyncio.sleep(0.02)
    except TimeoutError:
        pass
    return said


async def enrol(gateway: Gateway, token: str) -> tuple[str, list[str]]:
    """Set a second factor up; return its secret and recovery codes. The session is over then."""
    begun = await gateway.http.post("/v1/me/otp", headers=bearer(token))
    secret = str(begun.raise_for_status().json()["secret"])
    confirmed = await confirm(gateway, token, code_now(gateway, secret))
    return secret, list(confirmed.raise_for_status().json()["recovery_codes"])


async def confirm(gateway: Gateway, token: str, code: str) -> httpx.Response:
    """Send a first code."""
    return await gateway.http.post("/v1/me/otp/confirmation", json={"code": code}, headers=bearer(token))


def code_now(gateway: Gateway, secret: str, *, steps: int = 0) -> str:
    """Return the one-time code of *secret*, some half minutes from now."""
    return pyotp.TOTP(secret).at(gateway.clock.now() + steps * timedelta(seconds=30))


async def without_second_factor(gateway: Gateway, login_name: str) -> None:
    """Take an officer's second factor away, as two administrators would."""
    await gateway.execute(
        "delete from second_factor where officer_id = (select officer_id from officer where login_name = $1)",
        login_name,
    )


async def fetch(gateway: Gateway, query: str, *values: object) -> list[Any]:
    """Read the database as its owner."""
    connection = await asyncpg.connect(gateway.world.database.owner_url)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()
