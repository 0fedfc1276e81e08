"""The calls real clients make, and the adapter makes too."""

from collections.abc import Callable
from typing import Protocol

import respx

from app.lookup.source import PopulationSource, SourceRequest

RequestBuilder = Callable[..., SourceRequest]
Sample = Callable[[str], bytes]

LGSP_ACCESS_TOKEN = (
    "eyJBY2Nlc3NLZXkiOiJBSy1URVNUIiwiU2VjcmV0S2V5IjoiU0stVEVTVCIsIkFwcE5hbWUiOiJtY2R0LXRlc3QiLCJQYXJ0bmVyQ29kZSI6"
    "IjAwMC4wMC4wMC5IMDAiLCJQYXJ0bmVyQ29kZUN1cyI6IjAwMC4wMC4wMC5IMDAifQ=="
)


class Lgsp(Protocol):
    """The routes of the fixture."""

    token: respx.Route
    find: respx.Route
    confirm: respx.Route


def headers_of(route: respx.Route) -> dict[str, str]:
    ours = {"accept", "content-type", "charset", "lgspaccesstoken", "authorization", "authhash"}
    return {name: value for name, value in route.calls.last.request.headers.items() if name in ours}


async def test_the_token_call_is_the_one_real_clients_make(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, sample: Sample
) -> None:
    lgsp.token.respond(content=sample("hg-token-response.json"))
    lgsp.find.respond(content=sample("037-soap-found-full.xml"))

    await source.find(a_request())

    assert lgsp.token.calls.last.request.content == b"grant_type=client_credentials"
    assert headers_of(lgsp.token) == {
        "accept": "application/json",
        "content-type": "application/x-www-form-urlencoded",
        "charset": "utf-8",
        "lgspaccesstoken": LGSP_ACCESS_TOKEN,
    }


async def test_the_lookup_call_is_the_one_real_clients_make(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, sample: Sample
) -> None:
    lgsp.token.respond(content=sample("hg-token-response.json"))
    lgsp.find.respond(content=sample("037-soap-found-full.xml"))

    await source.find(a_request())

    assert headers_of(lgsp.find) == {
        "accept": "*",
        "content-type": "application/xml",
        "authorization": "Bearer 11111111-2222-3333-4444-555555555555",
        "lgspaccesstoken": LGSP_ACCESS_TOKEN,
        "authhash": "a2V5bmFtZS10ZXN0OmtleXBhc3MtdGVzdA==",
    }


async def test_no_personal_value_stands_in_an_address(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, sample: Sample
) -> None:
    lgsp.find.respond(content=sample("037-soap-found-full.xml"))

    await source.find(a_request())

    assert str(lgsp.find.calls.last.request.url) == (
        "https://lgsp.example.invalid/adapter/TraCuuThongTinCongDan"
    )
