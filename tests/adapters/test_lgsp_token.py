"""One token call for many lookups, and a new one only when it has to be."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import respx

from adapters.bearer import TokenCache, usable_seconds
from adapters.httpx_connection import HttpxConnection
from adapters.lgsp_soap.credentials import Credentials
from adapters.reasons import Reason
from app.clock import Clock
from app.errors import SourceConfusedError, SourceError, SourceSilentError
from app.settings import UpstreamSettings

URL = "https://lgsp.example.invalid"


class Clockwork(Clock):
    """The fixture's clock, as far as these tests turn it."""

    seconds: float


@pytest.fixture
def router() -> respx.Router:
    return respx.Router(assert_all_called=False)


@pytest.fixture
async def tokens(
    router: respx.Router, settings: UpstreamSettings, clock: Clockwork
) -> AsyncIterator[TokenCache]:
    connection = HttpxConnection(
        URL,
        connect_seconds=1.0,
        max_connections=4,
        max_answer_bytes=20_000,
        transport=httpx.MockTransport(router.async_handler),
    )
    cache = TokenCache(connection, Credentials.from_settings(settings).token_call("/token"), clock)
    yield cache
    await cache.aclose()
    await connection.aclose()


def numbered_tokens(route: respx.Route, **more: object) -> None:
    route.side_effect = lambda _: httpx.Response(
        200, json={"access_token": f"token-{route.call_count + 1}", **more}
    )


async def test_concurrent_lookups_share_one_token_call(router: respx.Router, tokens: TokenCache) -> None:
    released = asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        await released.wait()
        return httpx.Response(200, json={"access_token": "shared"})

    route = router.post("/token").mock(side_effect=answer)
    waiting = [asyncio.create_task(tokens.get()) for _ in range(100)]
    await asyncio.sleep(0)
    released.set()

    assert set(await asyncio.gather(*waiting)) == {"shared"}
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("expires_in", "still_good", "expired"),
    [(3600, 3539, 3541), (None, 539, 541), (20, 9, 11), ("7200", 7139, 7141), (0, 539, 541), (-1, 539, 541)],
)
async def test_a_token_is_used_until_shortly_before_it_expires(
    router: respx.Router,
    tokens: TokenCache,
    clock: Clockwork,
    *,
    expires_in: object,
    still_good: float,
    expired: float,
) -> None:
    numbered_tokens(router.post("/token"), expires_in=expires_in)
    started = clock.seconds

    assert await tokens.get() == "token-1"
    clock.seconds = started + still_good
    assert await tokens.get() == "token-1"
    clock.seconds = started + expired
    assert await tokens.get() == "token-2"


@pytest.mark.parametrize("forever", [9e18, float("inf")])
def test_a_token_for_ever_is_renewed_daily(forever: float) -> None:
    assert usable_seconds(forever) == 24 * 3600 - 60


def test_a_lifetime_that_is_no_number_is_the_usual_one() -> None:
    assert usable_seconds(float("nan")) == usable_seconds(None) == 540


async def test_an_invalidated_token_is_fetched_anew(router: respx.Router, tokens: TokenCache) -> None:
    numbered_tokens(router.post("/token"))

    tokens.invalidate(await tokens.get())

    assert await tokens.get() == "token-2"


async def test_invalidating_an_old_token_keeps_the_new_one(router: respx.Router, tokens: TokenCache) -> None:
    route = router.post("/token")
    numbered_tokens(route)
    old = await tokens.get()
    tokens.invalidate(old)
    await tokens.get()

    tokens.invalidate(old)

    assert await tokens.get() == "token-2"
    assert route.call_count == 2


async def test_a_failed_token_call_fails_all_who_wait_and_is_tried_again_for_the_next(
    router: respx.Router, tokens: TokenCache
) -> None:
    route = router.post("/token").mock(
        side_effect=[httpx.ConnectError("down"), httpx.Response(200, json={"access_token": "late"})]
    )

    outcomes = await asyncio.gather(*(tokens.get() for _ in range(10)), return_exceptions=True)

    assert {getattr(outcome, "reason", outcome) for outcome in outcomes} == {Reason.CONNECT_FAILED}
    assert route.call_count == 1
    assert await tokens.get() == "late"


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (httpx.Response(400, json={"error": "invalid_client"}), SourceConfusedError, Reason.TOKEN_REFUSED),
        (httpx.Response(401), SourceConfusedError, Reason.TOKEN_REFUSED),
        (httpx.Response(403), SourceConfusedError, Reason.TOKEN_REFUSED),
        (httpx.Response(404), SourceConfusedError, Reason.HTTP_4XX),
        (httpx.Response(302, headers={"Location": "/login"}), SourceConfusedError, Reason.REDIRECTED),
        (httpx.Response(204), SourceConfusedError, Reason.UNEXPECTED_STATUS),
        (httpx.Response(429), SourceSilentError, Reason.HTTP_429),
        (httpx.Response(500), SourceSilentError, Reason.HTTP_5XX),
        (httpx.Response(503), SourceSilentError, Reason.HTTP_503),
        (httpx.Response(200, text="<html>"), SourceConfusedError, Reason.TOKEN_UNREADABLE),
        (httpx.Response(200, content=b"\xff"), SourceConfusedError, Reason.TOKEN_UNREADABLE),
        (httpx.Response(200, text="[" * 10_000), SourceConfusedError, Reason.TOKEN_UNREADABLE),
        (httpx.Response(200, json={}), SourceConfusedError, Reason.TOKEN_UNREADABLE),
        (httpx.Response(200, json={"access_token": None}), SourceConfusedError, Reason.TOKEN_UNREADABLE),
        (httpx.Response(200, json={"access_token": ""}), SourceConfusedError, Reason.TOKEN_UNREADABLE),
        (httpx.Response(200, json={"access_token": "a\nb"}), SourceConfusedError, Reason.TOKEN_UNREADABLE),
        (httpx.Response(200, json={"access_token": "a\n"}), SourceConfusedError, Reason.TOKEN_UNREADABLE),
        (httpx.Response(200, json={"access_token": "ỗ"}), SourceConfusedError, Reason.TOKEN_UNREADABLE),
        (
            httpx.Response(200, json={"access_token": "a" * 8193}),
            SourceConfusedError,
            Reason.TOKEN_UNREADABLE,
        ),
    ],
)
async def test_each_failure_of_the_token_call_has_its_own_word(
    router: respx.Router, tokens: TokenCache, answer: httpx.Response, kind: type[SourceError], reason: Reason
) -> None:
    router.post("/token").mock(return_value=answer)

    with pytest.raises(SourceError) as caught:
        await tokens.get()

    assert type(caught.value) is kind
    assert caught.value.reason == reason


async def test_a_lookup_out_of_time_leaves_the_token_call_to_the_others(
    router: respx.Router, tokens: TokenCache
) -> None:
    released = asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        await released.wait()
        return httpx.Response(200, json={"access_token": "late"})

    route = router.post("/token").mock(side_effect=answer)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await tokens.get()
    released.set()

    assert await tokens.get() == "late"
    assert route.call_count == 1


async def test_a_token_call_that_fails_after_all_have_left_is_not_reported_as_lost(
    router: respx.Router, tokens: TokenCache
) -> None:
    reported: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reported.append(context))

    async def answer(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.02)
        raise httpx.ReadError("gone")

    router.post("/token").mock(side_effect=answer)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.005):
            await tokens.get()
    await asyncio.sleep(0.05)

    assert reported == []


async def test_closing_ends_a_token_call_under_way(router: respx.Router, tokens: TokenCache) -> None:

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200)

    router.post("/token").mock(side_effect=never)
    waiting = asyncio.create_task(tokens.get())
    await asyncio.sleep(0.01)

    await tokens.aclose()

    with pytest.raises(asyncio.CancelledError):
        await waiting
