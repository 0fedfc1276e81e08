"""Mutual TLS through a proxy (RFC 8705): the header counts from the proxy, and the token is bound."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.client_store import add_certificate
from app.accounts.clients import ClientKind
from app.cli import invented
from app.web.certificates import read_pem_certificate
from tests.accounts.client_software import (
    Software,
    a_certificate,
    a_p256_key,
    escaped_pem,
    registering,
    reloaded,
    some_software,
    through,
)
from tests.accounts.forging import decoded
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import World

PROXY, CLIENT = "10.0.0.5", "10.1.2.3"


def header_of(certificate: x509.Certificate, **more: str) -> dict[str, str]:
    return {"X-SSL-Client-Cert": escaped_pem(certificate), "X-Forwarded-For": CLIENT} | more


@asynccontextmanager
async def behind_a_proxy(world: World, **settings: Any) -> AsyncIterator[Gateway]:
    """Run a gateway that believes one proxy, called through it."""
    named = {"proxy_addresses": "10.0.0.5/32, 10.0.0.6"} | settings
    async with running_gateway(world, an_upstream(), address=PROXY, **named) as gateway:
        yield gateway


@asynccontextmanager
async def certified(world: World, **settings: Any) -> AsyncIterator[tuple[Software, x509.Certificate]]:
    """Run such a gateway with client software that has one certificate."""
    async with behind_a_proxy(world, **settings) as gateway:
        software = await some_software(gateway, networks=("10.0.0.5/32", "10.1.2.0/24"))
        certificate = a_certificate(a_p256_key(), gateway.clock.now())
        await register(software, certificate)
        yield software, certificate


async def register(software: Software, certificate: x509.Certificate) -> None:
    read = read_pem_certificate(certificate.public_bytes(Encoding.PEM))
    assert read is not None

    async def work(connection: AsyncConnection) -> None:
        await add_certificate(
            connection, software.client_id, read.thumbprint, software.now, software.now + timedelta(days=90)
        )

    await registering(software.gateway.world, work)
    await reloaded(software.gateway)


async def sign_in(software: Software, headers: dict[str, str]) -> httpx.Response:
    password = software.gateway.world.province.passwords[invented.RECEPTION]
    form = {"grant_type": "password", "username": invented.RECEPTION, "password": password}
    return await software.with_secret(form, **headers)


async def me(software: Software, token: str, headers: dict[str, str]) -> httpx.Response:
    return await software.gateway.http.get("/v1/me", headers=bearer(token) | headers)


async def test_a_client_with_a_certificate_shows_it_at_sign_in_and_at_every_call(world: World) -> None:
    async with certified(world) as (software, certificate):
        shown = header_of(certificate)
        tokens = (await sign_in(software, shown)).raise_for_status().json()
        read = read_pem_certificate(certificate.public_bytes(Encoding.PEM))
        assert read is not None
        claims = decoded(tokens["access_token"].split(".")[1])
        assert claims["cnf"] == {"x5t#S256": read.confirmation}
        assert (await me(software, tokens["access_token"], shown)).status_code == 200
        refused = await me(software, tokens["access_token"], {"X-Forwarded-For": CLIENT})
        assert (refused.status_code, refused.json()["code"]) == (403, "client_certificate_needed")
        (record,) = await software.gateway.records("token.refused")
        assert (record["problem_code"], record["address"]) == ("client_certificate_needed", CLIENT)
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        assert (await software.with_secret(form)).json()["error"] == "invalid_client"
        renewed = (await software.with_secret(form, **shown)).raise_for_status().json()
        assert "cnf" in decoded(renewed["access_token"].split(".")[1])


async def test_rfc_9440_says_the_same(world: World) -> None:
    async with certified(world, client_certificate_header="Client-Cert") as (software, certificate):
        der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        shown = {"Client-Cert": f":{der}:", "X-Forwarded-For": CLIENT}
        token = (await sign_in(software, shown)).raise_for_status().json()["access_token"]
        assert (await me(software, token, shown)).status_code == 200
        assert (await sign_in(software, header_of(certificate))).json()["error"] == "invalid_client"


async def test_what_is_not_its_certificate_is_as_none(world: World) -> None:
    async with certified(world) as (software, certificate):
        now = software.now
        other = header_of(a_certificate(a_p256_key(), now))
        over = a_certificate(a_p256_key(), now, life=timedelta(hours=-1))
        early = a_certificate(a_p256_key(), now + timedelta(days=10))
        for registered_too in (over, early):
            await register(software, registered_too)
        garbage = ("", "x", "%", "-----BEGIN CERTIFICATE-----", ":AAAA:", "::", ":!:", "%00" * 9, "A" * 20000)
        tried = [other, header_of(over), header_of(early), {"X-Forwarded-For": CLIENT}]
        tried += [{"X-SSL-Client-Cert": value, "X-Forwarded-For": CLIENT} for value in garbage]
        pem = certificate.public_bytes(Encoding.PEM).decode().replace("\n", " ")
        tried.append({"X-SSL-Client-Cert": f"x{pem}", "X-Forwarded-For": CLIENT})
        token = (await sign_in(software, header_of(certificate))).json()["access_token"]
        for headers in tried:
            assert (await sign_in(software, headers)).json()["error"] == "invalid_client"
            assert (await me(software, token, headers)).json()["code"] == "client_certificate_needed"


async def test_two_headers_are_as_none(world: World) -> None:
    async with certified(world) as (software, certificate):
        token = (await sign_in(software, header_of(certificate))).json()["access_token"]
        pairs = [("Authorization", f"Bearer {token}"), ("X-Forwarded-For", CLIENT)]
        pairs += [("X-SSL-Client-Cert", escaped_pem(certificate))] * 2
        answer = await software.gateway.http.get("/v1/me", headers=pairs)
        assert answer.json()["code"] == "client_certificate_needed"


async def test_from_anywhere_but_the_proxy_the_header_is_nothing(world: World) -> None:
    async with certified(world) as (software, certificate):
        token = (await sign_in(software, header_of(certificate))).json()["access_token"]
        async with through(software.gateway, CLIENT) as straight:
            there = Software(straight, software.client_id, software.secret, software.key)
            assert (await sign_in(there, header_of(certificate))).json()["error"] == "invalid_client"
            refused = await me(there, token, header_of(certificate))
        assert refused.json()["code"] == "client_certificate_needed"


async def test_a_token_is_bound_to_the_very_certificate(world: World) -> None:
    async with certified(world) as (software, certificate):
        second = a_certificate(a_p256_key(), software.now)
        await register(software, second)
        token = (await sign_in(software, header_of(certificate))).json()["access_token"]
        assert (await me(software, token, header_of(second))).json()["code"] == "client_certificate_needed"
        other = (await sign_in(software, header_of(second))).json()["access_token"]
        assert (await me(software, other, header_of(second))).status_code == 200


async def test_a_token_of_before_the_first_certificate_needs_a_refresh(world: World) -> None:
    async with behind_a_proxy(world) as gateway:
        software = await some_software(gateway, networks=("10.1.2.0/24", "10.0.0.5/32"))
        certificate = a_certificate(a_p256_key(), gateway.clock.now())
        shown = header_of(certificate)
        tokens = (await sign_in(software, shown)).raise_for_status().json()
        assert "cnf" not in decoded(tokens["access_token"].split(".")[1])
        await register(software, certificate)
        assert (await me(software, tokens["access_token"], shown)).json()[
            "code"
        ] == "client_certificate_needed"
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        renewed = (await software.with_secret(form, **shown)).json()["access_token"]
        assert (await me(software, renewed, shown)).status_code == 200


async def test_a_certificate_that_ran_out_does_not_open_the_door(world: World) -> None:
    async with certified(world) as (software, certificate):
        await software.gateway.execute(
            "update client_credential set expires_at = now() - interval '1 s' where kind = 'certificate'"
        )
        await reloaded(software.gateway)
        for headers in (header_of(certificate), {"X-Forwarded-For": CLIENT}):
            assert (await sign_in(software, headers)).json()["error"] == "invalid_client"
        await software.gateway.execute(
            "update client_credential set ended_at = now() where kind = 'certificate'"
        )
        await reloaded(software.gateway)
        assert (await sign_in(software, {"X-Forwarded-For": CLIENT})).status_code == 200


async def test_a_client_without_certificates_may_send_anything(world: World) -> None:
    async with behind_a_proxy(world) as gateway:
        software = await some_software(gateway, networks=("10.1.2.0/24", "10.0.0.5/32"))
        shown = header_of(a_certificate(a_p256_key(), gateway.clock.now()))
        token = (await sign_in(software, shown)).raise_for_status().json()["access_token"]
        assert (await me(software, token, {"X-Forwarded-For": CLIENT})).status_code == 200


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        (CLIENT, 200),
        (f"10.9.9.9, {CLIENT}", 200),
        (f"{CLIENT}, 10.9.9.9", 403),
        (f"{CLIENT}, 10.9.9.9, 10.0.0.6", 403),
        (f"10.9.9.9,{CLIENT},10.0.0.6", 200),
        ("10.9.9.9", 403),
        ("10.9.9.9," * 400 + CLIENT, 200),
        (f"{CLIENT}," * 400 + "10.9.9.9", 403),
        (f"{CLIENT}, unknown", 403),
        (f"{CLIENT}:1234", 403),
        ("", 403),
        ("10.0.0.6", 403),
        (f"{CLIENT}, " + "10.0.0.6," * 300, 403),
    ],
)
async def test_the_address_is_the_one_the_last_proxy_saw(world: World, forwarded: str, status: int) -> None:
    async with behind_a_proxy(world) as gateway:
        software = await some_software(gateway, networks=("10.1.2.0/24", "10.0.0.5/32"))
        token = (await sign_in(software, {"X-Forwarded-For": CLIENT})).json()["access_token"]
        await gateway.execute("update client set networks = '{10.1.2.0/24}' where client_id = 'phan-mem'")
        await reloaded(gateway)
        assert (await me(software, token, {"X-Forwarded-For": forwarded})).status_code == status


async def test_an_address_that_is_none_is_nobodys_not_the_proxys(world: World) -> None:
    async with behind_a_proxy(world) as gateway:
        software = await some_software(gateway, networks=("10.0.0.0/8",))
        token = (await sign_in(software, {})).raise_for_status().json()["access_token"]
        for forwarded in ("unknown", f"{CLIENT}, _hidden", f"{CLIENT},", ",", "10.1.2.3:80", "x" * 3000):
            answer = await me(software, token, {"X-Forwarded-For": forwarded})
            assert answer.json()["code"] == "client_address_not_allowed"
        assert (await me(software, token, {})).status_code == 200


async def test_several_forwarding_headers_are_read_as_one(world: World) -> None:
    async with behind_a_proxy(world) as gateway:
        software = await some_software(gateway, networks=("10.1.2.0/24", "10.0.0.5/32"))
        token = (await sign_in(software, {"X-Forwarded-For": CLIENT})).json()["access_token"]
        pairs = [
            ("Authorization", f"Bearer {token}"),
            ("X-Forwarded-For", CLIENT),
            ("X-Forwarded-For", "10.9.9.9"),
        ]
        answer = await gateway.http.get("/v1/me", headers=pairs)
        assert answer.json()["code"] == "client_address_not_allowed"


@pytest.mark.parametrize("peer", ["10.9.9.9", "", "not an address", "::ffff:10.9.9.9"])
async def test_from_anywhere_but_a_proxy_the_address_is_the_peers(world: World, peer: str) -> None:
    async with behind_a_proxy(world) as gateway, through(gateway, peer) as straight:
        software = await some_software(gateway, networks=("10.1.2.0/24", "10.0.0.5/32"))
        there = Software(straight, software.client_id, software.secret, software.key)
        answer = await sign_in(
            there, {"X-Forwarded-For": CLIENT, "X-Real-IP": CLIENT, "Forwarded": f"for={CLIENT}"}
        )
        assert answer.json()["error"] == "unauthorized_client"


async def test_without_proxies_no_header_is_believed(world: World) -> None:
    async with running_gateway(world, an_upstream(), address=PROXY) as gateway:
        software = await some_software(gateway, networks=("10.0.0.5/32",))
        headers = header_of(a_certificate(a_p256_key(), gateway.clock.now()))
        token = (await sign_in(software, headers)).raise_for_status().json()["access_token"]
        await gateway.execute("update client set networks = '{10.1.2.0/24}' where client_id = 'phan-mem'")
        await reloaded(gateway)
        assert (await me(software, token, headers)).json()["code"] == "client_address_not_allowed"


async def test_a_technical_client_shows_its_certificate_too(world: World) -> None:
    async with behind_a_proxy(world) as gateway:
        monitor = await some_software(
            gateway, "giam-sat", kind=ClientKind.TECHNICAL, networks=("10.1.2.0/24", "10.0.0.5/32")
        )
        certificate = a_certificate(a_p256_key(), gateway.clock.now())
        await register(monitor, certificate)
        shown = header_of(certificate)
        answer = await monitor.with_secret({"grant_type": "client_credentials"}, **shown)
        token = answer.raise_for_status().json()["access_token"]
        seen = [
            (await gateway.http.get("/v1/status", headers=bearer(token) | headers)).status_code
            for headers in (shown, {"X-Forwarded-For": CLIENT})
        ]
    assert seen == [200, 403]
