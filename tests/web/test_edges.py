"""What the frameworks underneath would answer by themselves, answered as our own problems instead."""

import httpx
import pytest

from tests.gateway import Gateway


async def test_a_stray_slash_is_unknown_and_never_redirected_to_a_host_of_the_callers_choice(
    gateway: Gateway,
) -> None:
    answer = await gateway.http.get("/v1/me/", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "route_unknown"
    assert "location" not in answer.headers


async def test_a_method_not_allowed_names_those_that_are(gateway: Gateway) -> None:
    answer = await gateway.http.get("/v1/residence-lookups")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_health_can_be_asked_without_a_body(gateway: Gateway, path: str) -> None:
    answer: httpx.Response = await gateway.http.head(path)
    assert answer.status_code in {200, 503}
    assert answer.headers["content-type"] == "application/json"
