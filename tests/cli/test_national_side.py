"""What `dancu check` says of the road: reach, trust, and certificates that end."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.cli.national_side import Finding, national_side_findings
from app.clock import SystemClock
from tests.adapters.bad_server import a_bad_server, a_plain_speaker
from tests.adapters.certificates import Authority, server_side
from tests.adapters.stand_in import ROADS, settings_of

ENOUGH, SOON, PAST = timedelta(days=400), timedelta(days=9, hours=12), timedelta(days=-2)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@asynccontextmanager
async def a_side(authority: Authority, *, ends_in: timedelta = ENOUGH, name: str = "localhost") -> Any:
    tls = server_side(authority.issue(name, ends_in=ends_in))
    async with a_bad_server(tls=tls) as server:
        yield server


async def findings(url: str, road: str = "vdxp-soap", **changes: Any) -> list[Finding]:
    settings = settings_of(road, url, **changes)
    return [finding async for finding in national_side_findings(settings, SystemClock())]


def day(ends_in: timedelta) -> str:
    return f"{datetime.now(UTC) + ends_in:%Y-%m-%d}"  # noqa: TID251 - certificates ask no clock of ours


@pytest.mark.parametrize("road", ROADS)
async def test_a_trusted_side_is_told_with_its_profile(road: str, authority: Authority) -> None:
    async with a_side(authority) as server:
        (finding,) = await findings(server.url, road, ca_bundle=authority.file)

    assert finding[0] is True
    assert finding[1].endswith(f"accepts connections ({road})")


async def test_nobody_is_asked_about(authority: Authority) -> None:
    async with a_side(authority) as server:
        await findings(server.url, ca_bundle=authority.file)

        assert server.questions == []


async def test_a_certificate_that_ends_soon_is_noted_whosever_it_is(authority: Authority) -> None:
    ours = authority.issue("dancu", ends_in=SOON)
    files: dict[str, Any] = {"client_certificate": ours.certificate, "client_key": ours.key}
    async with a_side(authority, ends_in=SOON) as server:
        _, own, theirs = await findings(server.url, ca_bundle=authority.file, **files)

    assert own == (None, f"national side: our client certificate ends on {day(SOON)}, in 9 days")
    assert theirs == (None, f"national side: the certificate of localhost ends on {day(SOON)}, in 9 days")


async def test_a_certificate_of_ours_that_has_ended_fails_the_check(authority: Authority) -> None:
    ours = authority.issue("dancu", ends_in=PAST)
    files: dict[str, Any] = {"client_certificate": ours.certificate, "client_key": ours.key}
    async with a_side(authority) as server:
        reached, own = await findings(server.url, ca_bundle=authority.file, **files)

    assert reached[0] is True
    assert own == (False, f"national side: our client certificate ended on {day(PAST)}")


async def test_an_authority_that_ends_soon_is_noted(tmp_path: Path) -> None:
    authority = Authority(tmp_path, ends_in=SOON)
    async with a_side(authority) as server:
        _, finding = await findings(server.url, ca_bundle=authority.file)

    assert finding == (None, f"national side: an authority in the CA bundle ends on {day(SOON)}, in 9 days")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_in": PAST}, "its certificate is not trusted: certificate has expired"),
        ({"name": "elsewhere"}, "its certificate is not trusted: Hostname mismatch"),
    ],
)
async def test_a_certificate_that_is_not_trusted_fails_the_check_and_says_why(
    changes: dict[str, Any], words: str, authority: Authority
) -> None:
    async with a_side(authority, **changes) as server:
        (finding,) = await findings(server.url, ca_bundle=authority.file)

    assert finding[0] is False
    assert words in finding[1]


async def test_a_side_without_tls_fails_the_check() -> None:
    async with a_plain_speaker() as url:
        (finding,) = await findings(url)

    assert finding == (False, f"national side: {url.removeprefix('https://')} cannot be reached (SSLError)")


async def test_on_this_machine_plain_http_will_do() -> None:
    async with a_bad_server() as server:
        (finding,) = await findings(server.url)

    assert finding[0] is True


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"ca_bundle": "/no/such/file"}, "DANCU_UPSTREAM_CA_BUNDLE"),
        ({"client_certificate": "/no/such/file"}, "DANCU_UPSTREAM_CLIENT_CERTIFICATE"),
        ({"client_key": "/no/such/file"}, "DANCU_UPSTREAM_CLIENT_CERTIFICATE"),
        ({"user": ""}, "DANCU_UPSTREAM_USER"),
    ],
)
async def test_a_setting_that_is_wrong_is_named(changes: dict[str, str], variable: str) -> None:
    (finding,) = await findings("https://localhost:9", **changes)

    assert finding[0] is False
    assert variable in finding[1]
