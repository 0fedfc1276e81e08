"""A lookup over the LGSP from the question to the answer, at the HTTP edge."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import httpx
import pytest
import respx

from adapters.reasons import Reason
from app.errors import SourceConfusedError, SourceError, SourceRefusedError, SourceSilentError
from app.lookup.source import PopulationSource, SourceRequest

RequestBuilder = Callable[..., SourceRequest]
Sample = Callable[[str], bytes]

REFUSAL = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    b"<faultstring>004</faultstring></s:Fault></s:Body></s:Envelope>"
)


class Lgsp(Protocol):
    """The routes of the fixture."""

    token: respx.Route
    find: respx.Route
    confirm: respx.Route


async def failure_of(source: PopulationSource, request: SourceRequest) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await source.find(request)
    return caught.value


async def test_a_citizen_is_found(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, sample: Sample
) -> None:
    lgsp.find.respond(content=sample("037-soap-found-full.xml"))

    citizen = await source.find(a_request())

    assert citizen is not None
    assert citizen.id_number == "099190000017"
    assert source.road == "lgsp-soap"


async def test_nobody_is_found(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, sample: Sample
) -> None:
    lgsp.find.respond(content=sample("037-soap-notfound-empty-collection.xml"))

    assert await source.find(a_request()) is None


async def test_a_citizen_is_confirmed(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, sample: Sample
) -> None:
    lgsp.confirm.respond(content=sample("003-haugiang-soap-found.xml"))

    assert await source.confirm(a_request()) is True
    assert b"<qldc:MaTichHop>003</qldc:MaTichHop>" in lgsp.confirm.calls.last.request.content


async def test_a_hundred_concurrent_lookups_make_one_token_call(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, sample: Sample
) -> None:
    lgsp.find.respond(content=sample("037-soap-found-full.xml"))

    await asyncio.gather(*(source.find(a_request()) for _ in range(100)))

    assert lgsp.token.call_count == 1
    assert lgsp.find.call_count == 100


async def test_a_401_is_tried_once_more_with_a_new_token(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, sample: Sample
) -> None:
    lgsp.token.side_effect = [
        httpx.Response(200, json={"access_token": "old"}),
        httpx.Response(200, json={"access_token": "new"}),
    ]
    found = sample("037-soap-found-full.xml")
    lgsp.find.side_effect = [httpx.Response(401), httpx.Response(200, content=found)]

    assert await source.find(a_request()) is not None

    tokens = [call.request.headers["Authorization"] for call in lgsp.find.calls]
    assert tokens == ["Bearer old", "Bearer new"]
    assert lgsp.find.calls[0].request.content == lgsp.find.calls[1].request.content


async def test_a_hundred_401s_make_one_new_token_call(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, sample: Sample
) -> None:
    found = httpx.Response(200, content=sample("037-soap-found-full.xml"))
    lgsp.token.side_effect = lambda _: httpx.Response(
        200, json={"access_token": f"token-{lgsp.token.call_count + 1}"}
    )
    lgsp.find.side_effect = lambda request: (
        httpx.Response(401) if request.headers["Authorization"] == "Bearer token-1" else found
    )

    await asyncio.gather(*(source.find(a_request()) for _ in range(100)))

    assert lgsp.token.call_count == 2


async def test_a_second_401_is_not_tried_again(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder
) -> None:
    lgsp.find.respond(401)

    error = await failure_of(source, a_request())

    assert type(error) is SourceConfusedError
    assert error.reason == Reason.TOKEN_REJECTED
    assert (lgsp.find.call_count, lgsp.token.call_count) == (2, 2)


@pytest.mark.parametrize(
    ("failure", "kind", "reason"),
    [
        (httpx.ConnectError("x"), SourceSilentError, Reason.CONNECT_FAILED),
        (httpx.ReadError("x"), SourceSilentError, Reason.CONNECTION_LOST),
        (httpx.ReadTimeout("x"), SourceSilentError, Reason.TIMEOUT),
        (httpx.Response(503, text="<html>"), SourceSilentError, Reason.HTTP_503),
        (httpx.Response(500, text="oops"), SourceSilentError, Reason.HTTP_5XX),
        (httpx.Response(500, content=REFUSAL), SourceRefusedError, Reason.FAULT_004),
        (httpx.Response(404), SourceConfusedError, Reason.HTTP_4XX),
        (httpx.Response(307, headers={"Location": "/elsewhere"}), SourceConfusedError, Reason.REDIRECTED),
        (httpx.Response(200, text="<html><p>"), SourceConfusedError, Reason.NOT_XML),
        (httpx.Response(200, text="<html/>"), SourceConfusedError, Reason.UNKNOWN_ANSWER),
        (httpx.Response(200, content=b"x" * (1024 * 1024 + 1)), SourceConfusedError, Reason.TOO_LARGE),
    ],
)
async def test_each_failure_of_the_lookup_call_has_its_own_word_and_is_not_tried_again(
    lgsp: Lgsp,
    source: PopulationSource,
    a_request: RequestBuilder,
    *,
    failure: httpx.Response | Exception,
    kind: type[SourceError],
    reason: Reason,
) -> None:
    lgsp.find.mock(side_effect=[failure])

    error = await failure_of(source, a_request())

    assert type(error) is kind
    assert error.reason == reason
    assert lgsp.find.call_count == 1


async def test_a_token_call_that_fails_fails_the_lookup_and_sends_no_question(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder
) -> None:
    lgsp.token.respond(401)

    error = await failure_of(source, a_request())

    assert error.reason == Reason.TOKEN_REFUSED
    assert lgsp.find.call_count == 0


async def test_the_budget_covers_token_question_and_second_try_together(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder
) -> None:
    async def slow_token(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.06)
        return httpx.Response(200, json={"access_token": "t"})

    async def slow_refusal(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.06)
        return httpx.Response(401)

    lgsp.token.side_effect = slow_token
    lgsp.find.side_effect = slow_refusal

    error = await failure_of(source, a_request(budget_seconds=0.15))

    assert type(error) is SourceSilentError
    assert error.reason == Reason.TIMEOUT


@pytest.mark.parametrize("budget_seconds", [0.0, -1.0])
async def test_without_budget_no_question_is_sent(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder, budget_seconds: float
) -> None:
    error = await failure_of(source, a_request(budget_seconds=budget_seconds))

    assert error.reason == Reason.TIMEOUT
    assert lgsp.find.call_count == 0


async def test_a_cancelled_lookup_stays_cancelled(
    source: PopulationSource, lgsp: Lgsp, a_request: RequestBuilder
) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200)

    lgsp.find.side_effect = never
    lookup = asyncio.create_task(source.find(a_request()))
    await asyncio.sleep(0.01)

    lookup.cancel()

    with pytest.raises(asyncio.CancelledError):
        await lookup
