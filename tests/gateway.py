"""A gateway running in the test's own process, spoken to over HTTP without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pyotp
from fastapi import FastAPI

from adapters.choose import open_source
from app.audit.record import read_leaf
from app.cli import invented
from app.clock import Clock, SystemClock
from app.gateway_parts import WrapLog
from app.main import OpenSource, create_app
from app.settings import UpstreamSettings
from tests.world import World, a_lookup

UPSTREAM_URL = "http://127.0.0.1:9"


def an_upstream(**changes: Any) -> UpstreamSettings:
    """Return the settings that the mock national side accepts."""
    values: dict[str, Any] = {
        "base_url": UPSTREAM_URL,
        "access_key": "AK-TEST",
        "secret_key": "SK-TEST",
        "app_name": "mcdt-test",
        "partner_code": "000.00.00.H00",
        "partner_code_customer": "000.00.00.H00",
        "key_name": "keyname-test",
        "key_password": "keypass-test",
    }
    return UpstreamSettings(_env_file=None, **(values | changes))


@dataclass
class Gateway:
    """A running gateway and a client software that calls it."""

    world: World
    app: FastAPI
    http: httpx.AsyncClient
    clock: Clock

    async def sign_in(self, login_name: str = invented.RECEPTION, *, accept_notice: bool = True) -> str:
        """Return an access token; the officer has accepted today's notice."""
        token = str((await self.try_sign_in(login_name)).raise_for_status().json()["access_token"])
        if accept_notice:
            accepted = await self.http.post(
                "/v1/me/confidentiality-notice", json={"version": "2026-1"}, headers=bearer(token)
            )
            accepted.raise_for_status()
        return token

    async def try_sign_in(
        self, login_name: str, password: str | None = None, otp: str | None = None
    ) -> httpx.Response:
        """Ask for tokens, with a one-time code where the officer has a second factor."""
        known = self.world.province.passwords.get(login_name, "unknown")
        form = {"grant_type": "password", "username": login_name, "password": password or known}
        if otp is None and login_name in self.world.province.otp_secrets:
            otp = await self.fresh_code(login_name)
        if otp is not None:
            form["otp"] = otp
        return await self.post_form("/v1/auth/token", form)

    async def post_form(self, path: str, form: dict[str, str]) -> httpx.Response:
        """Post a form in the name of the client software."""
        return await self.http.post(
            path, data=form, auth=(invented.CLIENT_ID, self.world.province.client_secret)
        )

    async def fresh_code(self, login_name: str) -> str:
        """Return a one-time code that counts, however many were used in the last half minute."""
        await self.execute("update second_factor set last_used_step = 0")
        return pyotp.TOTP(self.world.province.otp_secrets[login_name]).at(self.clock.now())

    async def execute(self, statement: str, *values: object) -> None:
        """Change the database as its owner."""
        connection = await asyncpg.connect(self.world.database.owner_url)
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    async def look_up(self, token: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Look a citizen up; header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(
            "/v1/residence-lookups", json=body or a_lookup(), headers=bearer(token) | named
        )

    async def records(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the leaves on record, in the order of their writer, as the database owner reads them."""
        connection = await asyncpg.connect(self.world.database.owner_url)
        try:
            rows = await connection.fetch(
                "select leaf from audit_record where $1::text is null or kind = $1 order by writer_id,"
                " writer_sequence",
                kind,
            )
        finally:
            await connection.close()
        return [read_leaf(row["leaf"]) for row in rows]


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries *token*."""
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def running_gateway(
    world: World,
    upstream: UpstreamSettings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock | None = None,
    source: OpenSource | None = None,
    wrap_log: WrapLog | None = None,
    address: str = "127.0.0.1",
    **settings: Any,
) -> AsyncIterator[Gateway]:
    """Run a gateway over *world*; `async with` starts and stops its background tasks."""
    known_clock = clock or SystemClock()
    app = create_app(
        world.settings(**settings),
        upstream,
        clock=known_clock,
        open_source=source or (lambda: open_source(upstream, known_clock, transport=transport)),
        wrap_log=wrap_log,
    )
    async with app.router.lifespan_context(app):
        caller = httpx.ASGITransport(app, client=(address, 50000))
        async with httpx.AsyncClient(transport=caller, base_url="http://gateway.test") as http:
            yield Gateway(world, app, http, known_clock)
