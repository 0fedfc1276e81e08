"""Both processes with somebody who signs in to them, and every secret that was ever shown to either."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pyotp

from app.cli import invented
from app.clock import SystemClock
from mock_c06.personas import PERSONAS
from tests.gateway import bearer
from tests.logs.planting import PURPOSE, asked_as
from tests.logs.processes import Running, a_gateway, a_national_side
from tests.world import World, a_lookup

LOOKUPS = "/v1/residence-lookups"


@dataclass
class Stage:
    """Both processes, the database they stand on, and every secret that was ever shown to them."""

    world: World
    gateway: Running
    national: Running
    access_log: Path
    secrets: set[str] = field(default_factory=set)

    @property
    def client(self) -> tuple[str, str]:
        return invented.CLIENT_ID, self.world.province.client_secret

    async def sign_in(self, login_name: str = invented.RECEPTION, password: str | None = None) -> str:
        """Return an access token; the officer has accepted today's notice."""
        return (await self.sign_in_for_both(login_name, password))[0]

    async def sign_in_for_both(self, login_name: str, password: str | None = None) -> tuple[str, str]:
        """Return an access token and a refresh token."""
        right = password or self.world.province.passwords[login_name]
        secret = self.world.province.otp_secrets.get(login_name)
        otp = await self.fresh_code(secret) if secret else None
        access, refresh = self.tokens_of(await self.try_sign_in(login_name, right, otp))
        await self.post("/v1/me/confidentiality-notice", access, {"version": "2026-1"})
        return access, refresh

    async def try_sign_in(self, login_name: str, password: str, otp: str | None = None) -> httpx.Response:
        form = {"grant_type": "password", "username": login_name, "password": password}
        self.keep_secret(password)
        return await self.send_form("/v1/auth/token", form | ({"otp": otp} if otp is not None else {}))

    async def send_form(self, path: str, form: dict[str, str]) -> httpx.Response:
        """Send a form in the client software's name."""
        self.keep_secret(base64.b64encode(":".join(self.client).encode()).decode(), self.client[1])
        return await self.gateway.http.post(path, data=form, auth=self.client)

    async def post(self, path: str, token: str, body: object) -> httpx.Response:
        return await self.gateway.http.post(path, json=body, headers=bearer(token))

    def tokens_of(self, answer: httpx.Response) -> tuple[str, str]:
        """Return the tokens of an answer, which nobody else may ever see."""
        body = answer.raise_for_status().json()
        access, refresh = str(body["access_token"]), str(body["refresh_token"])
        self.keep_secret(access, *access.split("."), refresh)
        return access, refresh

    async def fresh_code(self, secret: str) -> str:
        """Return a one-time code that counts, however many were used in the last half minute."""
        await self.execute("update second_factor set last_used_step = 0")
        code = pyotp.TOTP(secret).at(SystemClock().now())
        self.keep_secret(code, secret)
        return code

    def keep_secret(self, *texts: str) -> None:
        self.secrets |= set(texts)

    async def look_up(self, token: str, number: str, **headers: str) -> httpx.Response:
        body = a_lookup(citizen=asked_as(PERSONAS[number]), purpose=PURPOSE)
        return await self.gateway.http.post(LOOKUPS, json=body, headers=bearer(token) | headers)

    async def trouble(self, **troubles: Any) -> None:
        (await self.national.http.post("/mock/troubles", json=troubles)).raise_for_status()

    async def execute(self, *statements: str, ignoring: Iterable[type[Exception]] = ()) -> None:
        """Run statements as the database's owner."""
        connection = await asyncpg.connect(self.world.database.owner_url)
        try:
            for statement in statements:
                try:
                    await connection.execute(statement)
                except tuple(ignoring):
                    continue
        finally:
            await connection.close()


Driver = Callable[[Stage, str], Awaitable[Any]]


@asynccontextmanager
async def a_stage(folder: Path, world: World, **more: str) -> AsyncIterator[Stage]:
    access_log = folder / "access.log"
    async with (
        a_national_side(folder, access_log) as national,
        a_gateway(folder, world, national.port, **more) as gateway,
    ):
        yield Stage(world, gateway, national, access_log)
