"""Whom every road trusts and where it may lead: one authority, one host, no more than 1 MiB."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from adapters.certificates import endings_in_files
from adapters.choose import open_source
from adapters.connection import Trust
from adapters.reasons import Reason
from app.clock import SystemClock
from app.errors import ConfigurationError, SourceError
from app.settings import UpstreamSettings
from mock_c06.app import create_app
from tests.adapters.bad_server import a_bad_server, an_answer
from tests.adapters.certificates import Authority, server_side
from tests.adapters.stand_in import ROADS, STRICT, request_about, settings_of

SAMPLE = "099190000017"
FOUND = (Path(__file__).parent / "samples" / "037-soap-found-full.xml").read_bytes()
ANSWER = {
    "lgsp-soap": FOUND,
    "lgsp-json": json.dumps({"error_code": "0", "message": FOUND.decode()}).encode(),
    "vdxp-soap": FOUND,
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


async def asked(settings: UpstreamSettings) -> str | None:
    """Return the number of whoever is found, or the reason of the failure."""
    async with open_source(settings, SystemClock()) as source:
        try:
            citizen = await source.find(request_about(SAMPLE, budget_seconds=3.0))
        except SourceError as error:
            return error.reason
    return citizen.id_number if citizen else None


@pytest.mark.parametrize("road", ROADS)
async def test_the_configured_authority_is_trusted(road: str, authority: Authority) -> None:
    async with a_bad_server(an_answer(ANSWER[road]), tls=server_side(authority.issue("localhost"))) as server:
        assert await asked(settings_of(road, server.url, ca_bundle=authority.file)) == SAMPLE


@pytest.mark.parametrize("road", ROADS)
async def test_a_client_certificate_is_shown_where_it_is_wanted(road: str, authority: Authority) -> None:
    tls = server_side(authority.issue("localhost"), clients_of=authority.file)
    ours = authority.issue("dancu")
    async with a_bad_server(an_answer(ANSWER[road]), tls=tls) as server:
        shown = {"client_certificate": ours.certificate, "client_key": ours.key}
        with_it = await asked(settings_of(road, server.url, ca_bundle=authority.file, **shown))
        served = len(server.certificates)
        without = await asked(settings_of(road, server.url, ca_bundle=authority.file))

    assert with_it == SAMPLE
    assert without in {Reason.TLS_FAILED, Reason.CONNECTION_LOST}
    assert all(server.certificates)
    assert len(server.certificates) == served


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("wrong", ["missing", "another_key", "encrypted_key", "key_alone"])
async def test_a_client_certificate_that_cannot_be_used_stops_the_start_and_asks_no_terminal(
    road: str, wrong: str, authority: Authority, tmp_path: Path
) -> None:
    ours = authority.issue("dancu")
    files: dict[str, object] = {"client_certificate": ours.certificate, "client_key": ours.key}
    match wrong:
        case "missing":
            files["client_certificate"] = tmp_path / "none.pem"
        case "another_key":
            files["client_key"] = authority.issue("other").key
        case "encrypted_key":
            files["client_key"] = _encrypted(ours.key, tmp_path)
        case _:
            del files["client_certificate"]

    with pytest.raises(ConfigurationError, match="CLIENT_CERTIFICATE"):
        await asked(settings_of(road, "https://localhost:9", ca_bundle=authority.file, **files))


def _encrypted(key_file: Path, folder: Path) -> Path:
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    file = folder / "encrypted.key"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"geheim"),
        )
    )
    return file


@pytest.mark.parametrize("road", ROADS)
async def test_neither_a_proxy_nor_an_authority_is_taken_from_the_environment(
    road: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        a_bad_server(an_answer(ANSWER[road]), tls=server_side(authority.issue("localhost"))) as server,
        a_bad_server() as proxy,
    ):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        trusting = await asked(settings_of(road, server.url, ca_bundle=authority.file))
        untrusting = await asked(settings_of(road, server.url))

    assert trusting == SAMPLE
    assert untrusting == Reason.TLS_FAILED
    assert proxy.connections == 0


@pytest.mark.parametrize("road", ROADS)
async def test_a_redirect_leads_nowhere(road: str) -> None:
    async with a_bad_server() as elsewhere:
        moved = an_answer(b"", "307 Moved", f"Location: {elsewhere.url}/find\r\n")
        async with a_bad_server(moved) as server:
            reason = await asked(settings_of(road, server.url))

    assert reason == Reason.REDIRECTED
    assert elsewhere.connections == 0


@pytest.mark.parametrize("road", ROADS)
async def test_only_the_configured_host_is_ever_asked(road: str) -> None:
    hosts: list[str] = []
    stand_in = httpx.ASGITransport(create_app(STRICT))

    class Spy(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            hosts.append(f"{request.url.scheme}://{request.url.host}")
            return await stand_in.handle_async_request(request)

    settings = settings_of(road, f"https://c06.example.invalid/{road}")
    async with open_source(settings, SystemClock(), transport=Spy()) as source:
        assert await source.find(request_about(SAMPLE)) is not None
        assert await source.confirm(request_about(SAMPLE)) is True
        await source.household(request_about(SAMPLE))

    assert set(hosts) == {"https://c06.example.invalid"}


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_file_of_certificates_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)

    with pytest.raises(ConfigurationError, match="DANCU_UPSTREAM_CA_BUNDLE"):
        endings_in_files(Trust(bundle))


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("url", ["http://c06.example.invalid", "ftp://localhost", "https://a:b@localhost"])
async def test_an_address_that_is_no_safe_one_stops_the_start(road: str, url: str) -> None:
    with pytest.raises(ConfigurationError, match="DANCU_UPSTREAM_BASE_URL"):
        await asked(settings_of(road, url))


@pytest.mark.parametrize("bytes_at_most", [1024 * 1024 + 1, 0])
def test_nobody_can_allow_more_than_1_mib(bytes_at_most: int) -> None:
    with pytest.raises(ValidationError):
        settings_of("lgsp-soap", "https://localhost", max_answer_bytes=bytes_at_most)


@pytest.mark.parametrize("road", ROADS)
async def test_a_cancelled_lookup_stays_cancelled_over_every_road(road: str) -> None:
    async with (
        a_bad_server() as server,
        asyncio.timeout(5.0),
        open_source(settings_of(road, server.url), SystemClock()) as source,
    ):
        lookup = asyncio.create_task(source.find(request_about(SAMPLE)))
        await server.was_asked.wait()
        lookup.cancel()
        with pytest.raises(asyncio.CancelledError):
            await lookup
