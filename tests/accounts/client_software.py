"""Client software as tests register it, and what it signs with its own keys."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.client_desk import ASSERTION_TYPE
from app.accounts.client_store import NewClient, add_key, add_secret, register_client
from app.accounts.clients import ClientKind, GrantType
from app.accounts.token_desk import ASSERTION_GRANT
from app.cli import invented
from app.database.address import sqlalchemy_address
from tests.accounts.forging import encoded
from tests.accounts.made_keys import (
    RSA_KEY,
    PrivateKey,
    a_certificate,
    a_p256_key,
    escaped_pem,
    public_pem,
    registered,
    signature_of,
)
from tests.gateway import Gateway
from tests.world import World

__all__ = [
    "RSA_KEY",
    "a_certificate",
    "a_p256_key",
    "escaped_pem",
    "public_pem",
    "registered",
    "signature_of",
]

ISSUER: Final = "http://127.0.0.1:8080"
TOKEN_URL: Final = f"{ISSUER}/v1/auth/token"
LOCAL: Final = ("127.0.0.0/8",)


def hmac_signature(secret: str) -> Callable[[bytes], bytes]:
    return lambda signed: hmac.digest(secret.encode(), signed, hashlib.sha256)


@dataclass
class Software:
    """One registered client: its id, secret and signing key, and the gateway it calls."""

    gateway: Gateway
    client_id: str
    secret: str = field(repr=False)
    key: PrivateKey = field(repr=False)

    @property
    def now(self) -> datetime:
        return self.gateway.clock.now()

    def seconds(self, *, ahead: int = 0) -> int:
        return int(self.now.timestamp()) + ahead

    def sign(
        self,
        claims: dict[str, Any],
        *,
        header: dict[str, Any] | None = None,
        key: PrivateKey | None = None,
        sign_with: Callable[[bytes], bytes] | None = None,
    ) -> str:
        """Return a JWT of *claims* (those that are None left out), signed rightly unless told otherwise."""
        key = key or self.key
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        head = {"alg": algorithm, "typ": "JWT"} | (header or {})
        said = {name: value for name, value in claims.items() if value is not None}
        signed = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(said).encode())}".encode()
        made = sign_with(signed) if sign_with else signature_of(key, signed)
        return f"{signed.decode()}.{encoded(made)}"

    def own_claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a client assertion; a change to None leaves one out."""
        return {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "exp": self.seconds(ahead=30),
            "iat": self.seconds(),
            "jti": uuid4().hex,
        } | changes

    def officer_claims(self, login_name: str = invented.RECEPTION, **changes: Any) -> dict[str, Any]:
        """Return the claims of an officer assertion."""
        signed_in = {"sub": login_name, "auth_time": self.seconds(ahead=-60), "amr": ["pwd", "otp"]}
        return self.own_claims() | signed_in | changes

    async def post(
        self, form: dict[str, Any], path: str = "/v1/auth/token", **headers: str
    ) -> httpx.Response:
        """Post a form as it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.gateway.http.post(path, data=form, headers=named)

    async def with_secret(self, form: dict[str, Any], **headers: str) -> httpx.Response:
        """Post a form with HTTP Basic."""
        basic = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return await self.post(form, Authorization=f"Basic {basic}", **headers)

    async def with_assertion(self, token: str, **form: Any) -> httpx.Response:
        """Ask for an officer's token by password, the client proved by *token*."""
        asked = {
            "grant_type": "password",
            "username": invented.RECEPTION,
            "password": self.gateway.world.province.passwords[invented.RECEPTION],
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": token,
        }
        return await self.post(asked | form)

    async def vouch(self, token: str, **form: Any) -> httpx.Response:
        """Ask for an officer's token by assertion."""
        return await self.with_secret({"grant_type": ASSERTION_GRANT, "assertion": token} | form)


async def registering(world: World, work: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
    """Change the registers as the operator does."""
    engine = create_async_engine(sqlalchemy_address(world.database.owner_url))
    try:
        async with engine.begin() as connection:
            return await work(connection)
    finally:
        await engine.dispose()


async def some_software(
    gateway: Gateway, client_id: str = "phan-mem", *, key: PrivateKey | None = None, **more: Any
) -> Software:
    """Register client software with a secret, a key and every grant of its kind; wait until it is known."""
    kind = more.pop("kind", ClientKind.SERVICE)
    technical = frozenset({GrantType.CLIENT_CREDENTIALS})
    service = frozenset({GrantType.PASSWORD, GrantType.JWT_BEARER})
    grants = more.pop("grants", service if kind is ClientKind.SERVICE else technical)
    own_key = key or a_p256_key()
    new = NewClient(client_id, "Phần mềm mẫu", more.pop("networks", LOCAL), kind, grants, **more)

    async def work(connection: AsyncConnection) -> str:
        await register_client(connection, new)
        await add_key(connection, client_id, registered(own_key), gateway.clock.now(), None)
        return await add_secret(connection, client_id, gateway.clock.now())

    software = Software(gateway, client_id, await registering(gateway.world, work), own_key)
    await until(lambda: _is_known(software))
    return software


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Return once it is so; what changes in the registers is known everywhere within a second."""
    async with asyncio.timeout(3.0):
        while True:
            if await is_so():
                return
            await asyncio.sleep(0.02)


async def _is_known(software: Software) -> bool:
    answer = await software.with_secret({"grant_type": "none"})
    return answer.json()["error"] in {"unsupported_grant_type", "unauthorized_client"}


async def change_client(gateway: Gateway, client_id: str, assignment: str, *values: object) -> None:
    """Change a client's row, and wait until the gateway has loaded the directory after it."""
    await gateway.execute(f"update client set {assignment} where client_id = $1", client_id, *values)  # noqa: S608 - our words
    await reloaded(gateway)


async def reloaded(gateway: Gateway) -> None:
    """Return once the gateway has taken in everything committed so far."""
    marker = f"dau-{uuid4().hex[:12]}"
    secret = await registering(
        gateway.world,
        lambda connection: _mark(connection, marker, gateway.clock.now()),
    )
    marked = Software(gateway, marker, secret, a_p256_key())
    await until(lambda: _is_known(marked))


async def _mark(connection: AsyncConnection, marker: str, now: datetime) -> str:
    await register_client(connection, NewClient(marker, "Dấu", ("0.0.0.0/0", "::/0")))
    return await add_secret(connection, marker, now)


async def unit_of(gateway: Gateway, login_name: str) -> UUID:
    """Return the unit an officer is posted to."""
    connection = await asyncpg.connect(gateway.world.database.owner_url)
    try:
        found: UUID = await connection.fetchval(
            "select unit_id from officer_posting natural join officer where login_name = $1", login_name
        )
    finally:
        await connection.close()
    return found


@asynccontextmanager
async def through(gateway: Gateway, address: str) -> AsyncIterator[Gateway]:
    """Call the same gateway from another address."""
    caller = httpx.ASGITransport(gateway.app, client=(address, 40000))
    async with httpx.AsyncClient(transport=caller, base_url="http://gateway.test") as http:
        yield Gateway(gateway.world, gateway.app, http, gateway.clock)
