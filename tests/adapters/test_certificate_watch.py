"""The hourly look at certificates: when all of a road end, also while it is out of reach."""

import asyncio
import io
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.certificate_watch import CertificateWatch
from app.clock import SystemClock
from app.logs import configure_logging
from app.settings import UpstreamSettings
from tests.adapters.bad_server import a_bad_server
from tests.adapters.certificates import Authority, server_side
from tests.adapters.stand_in import settings_of

SOON = timedelta(days=20)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def a_watch(roads: Sequence[UpstreamSettings]) -> CertificateWatch:
    return CertificateWatch(roads, SystemClock())


def a_road(url: str, authority: Authority) -> UpstreamSettings:
    ours = authority.issue("dancu")
    files: dict[str, Path] = {"client_certificate": ours.certificate, "client_key": ours.key}
    return settings_of("lgsp-soap", url, ca_bundle=authority.file, **files)


async def test_all_of_a_roads_certificates_are_known_and_what_ends_soon_is_said(authority: Authority) -> None:
    written = io.StringIO()
    configure_logging(written)
    async with a_bad_server(tls=server_side(authority.issue("localhost", ends_in=SOON))) as server:
        watch = a_watch([a_road(server.url, authority)])
        await watch.look()
    first = watch.certificates[0]
    assert (first.road, first.what) == ("lgsp-soap", "server")
    assert {one.what for one in watch.certificates} == {"server", "client", "authority"}
    assert server.questions == []
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "road.certificate_ending"]
    assert (line["road"], line["reason"], line["days"]) == ("lgsp-soap", "server", 19)


async def test_a_road_out_of_reach_keeps_what_it_showed(authority: Authority) -> None:
    async with a_bad_server(tls=server_side(authority.issue("localhost"))) as server:
        watch = a_watch([a_road(server.url, authority)])
        await watch.look()
    before = watch.certificates
    await watch.look()  # nobody listens there any more
    assert watch.certificates == before


async def test_roads_without_tls_have_no_certificates() -> None:
    async with a_watch([settings_of("lgsp-soap", "http://127.0.0.1:9")]) as watch:
        assert watch.certificates == []


async def test_a_running_watch_looks_at_once(authority: Authority) -> None:
    async with a_bad_server(tls=server_side(authority.issue("localhost"))) as server:
        watch = CertificateWatch([a_road(server.url, authority)], SystemClock(), every_seconds=0.01)
        async with watch, asyncio.timeout(30):
            while not watch.certificates:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
    assert server.questions == []
