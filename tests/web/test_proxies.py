"""Whom a request came from, as a proxy says; believed of the operator's own proxies only."""

from ipaddress import ip_network
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from app.clock import SystemClock
from app.web.certificates import CertificateReader
from app.web.proxies import CERTIFICATE_STATE, TrustedProxies
from tests.accounts.made_keys import a_certificate, a_p256_key, escaped_pem

PROXY, OTHER_PROXY, STRANGER = "10.0.0.1", "10.0.0.2", "203.0.113.9"
CERTIFICATE = escaped_pem(a_certificate(a_p256_key(), SystemClock().now()))
PRESENTED = CertificateReader().read(CERTIFICATE)


async def passed_on(peer: str | None, *headers: tuple[str, str], kind: str = "http") -> dict[str, Any]:
    """Return the scope that the application behind the proxies' middleware is given."""
    seen: list[Scope] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    async def send(_: Any) -> None:
        raise AssertionError("nothing is written")

    proxies = TrustedProxies(
        application,
        networks=(ip_network("10.0.0.0/24"), ip_network("fd00::/64")),
        certificate_header="x-cert",
    )
    scope: Scope = {
        "type": kind,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        "client": (peer, 40000) if peer is not None else None,
    }
    await proxies(scope, receive, send)
    (given,) = seen
    return dict(given)


async def address_of(peer: str, *written: str) -> str:
    scope = await passed_on(peer, *(("x-forwarded-for", value) for value in written))
    return str(scope["client"][0])


@pytest.mark.parametrize("peer", [STRANGER, "10.0.1.1", "fd01::1", "not-an-address", ""])
async def test_nobody_else_is_believed(peer: str) -> None:
    scope = await passed_on(peer, ("x-forwarded-for", "192.0.2.1"), ("x-cert", CERTIFICATE))
    assert scope["client"] == (peer, 40000)
    assert "state" not in scope


async def test_a_request_from_nowhere_is_passed_on_as_it_is() -> None:
    scope = await passed_on(None, ("x-forwarded-for", "192.0.2.1"))
    assert scope["client"] is None
    assert "state" not in scope


async def test_what_is_no_request_is_passed_on_as_it_is() -> None:
    scope = await passed_on(PROXY, ("x-forwarded-for", "192.0.2.1"), kind="lifespan")
    assert scope["client"] == (PROXY, 40000)
    assert "state" not in scope


@pytest.mark.parametrize("peer", [PROXY, "fd00::1", "::ffff:10.0.0.1"])
async def test_a_proxy_names_its_client(peer: str) -> None:
    assert await address_of(peer, "192.0.2.1") == "192.0.2.1"
    assert (await passed_on(peer, ("x-forwarded-for", "192.0.2.1")))["client"][1] == 0


async def test_a_proxy_that_names_nobody_speaks_for_itself() -> None:
    assert await address_of(PROXY) == PROXY
    assert await address_of("::ffff:10.0.0.1") == PROXY


async def test_of_several_the_right_most_stranger_counts() -> None:
    assert await address_of(PROXY, f"192.0.2.1, {STRANGER}") == STRANGER
    assert await address_of(PROXY, f"192.0.2.1,{STRANGER} , {OTHER_PROXY}") == STRANGER
    assert await address_of(PROXY, "192.0.2.1", STRANGER) == STRANGER
    assert await address_of(PROXY, f"{STRANGER},{OTHER_PROXY}", PROXY) == STRANGER
    assert await address_of(PROXY, OTHER_PROXY) == OTHER_PROXY


@pytest.mark.parametrize(
    "written", ["unknown", "", " ", "192.0.2.1,", "192.0.2.1,x", f"x,{OTHER_PROXY}", "192.0.2.1:80"]
)
async def test_what_is_no_address_is_nobodys(written: str) -> None:
    # An empty header is no header; an empty place in one is no address.
    assert await address_of(PROXY, written) == ("" if written else PROXY)


async def test_left_of_the_first_stranger_nothing_is_read() -> None:
    assert await address_of(PROXY, f"nonsense,{STRANGER}") == STRANGER


async def test_only_the_last_two_thousand_characters_are_read() -> None:
    hops = f"{OTHER_PROXY}," * 400
    assert await address_of(PROXY, f"{STRANGER},{hops[:-1]}") == ""
    last = f"{STRANGER},{OTHER_PROXY}"
    assert await address_of(PROXY, f"{'x' * 5000},{last}") == STRANGER
    gap = " " * (2048 - len(f"{STRANGER},{OTHER_PROXY}"))
    assert await address_of(PROXY, f"{STRANGER},{gap}{OTHER_PROXY}") == STRANGER
    assert await address_of(PROXY, f"{STRANGER}, {gap}{OTHER_PROXY}") == ""


async def test_a_proxy_hands_on_one_certificate() -> None:
    assert PRESENTED is not None
    scope = await passed_on(PROXY, ("x-cert", CERTIFICATE))
    assert scope["state"] == {CERTIFICATE_STATE: PRESENTED}


@pytest.mark.parametrize(
    "headers",
    [[], [("x-cert", "")], [("x-other", CERTIFICATE)], [("x-cert", CERTIFICATE), ("x-cert", CERTIFICATE)]],
    ids=["none", "empty", "another header", "two"],
)
async def test_without_a_certificate_or_with_two_there_is_none(headers: list[tuple[str, str]]) -> None:
    scope = await passed_on(PROXY, *headers)
    assert scope["state"] == {CERTIFICATE_STATE: None}
