"""Every step of a road's check, how it fails, and that nothing secret or personal is said about it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.diagnosis import Diagnosis
from adapters.handshake import _date
from app.clock import SystemClock
from app.errors import AuditUnavailableError
from app.lookup.road_check_routes import said
from app.lookup.road_checks import Finding, RoadReport, Step, Verdict
from app.lookup.source import SourceRequest
from app.settings import UpstreamSettings
from mock_c06.personas import PERSONAS
from tests.adapters.bad_server import a_bad_server, a_plain_speaker, an_answer
from tests.adapters.certificates import Authority, server_side
from tests.adapters.stand_in import ROADS, STRICT, running_under_tls, settings_of
from tests.adapters.test_failures import switched

SAMPLE = "099190000017"
SECRETS = ("AK-TEST", "SK-TEST", "keyname-test", "keypass-test", "AUTH-TEST", "test-secret", "KEY-TEST")


class Side:
    """A stand-in under TLS, and the settings to reach it."""

    def __init__(self, plain: str, under_tls: str, folder: Path) -> None:
        self.plain, self.under_tls, self.folder = plain, under_tls, folder

    def settings(self, road: str = "vdxp-soap", number: str = SAMPLE, **changes: Any) -> UpstreamSettings:
        trusting = {"ca_bundle": self.folder / "authority.pem"}
        return settings_of(road, f"{self.under_tls}/{road}", **(trusting | person(number) | changes))


def person(number: str) -> dict[str, str]:
    persona = PERSONAS[number]
    return {
        "test_person_id_number": number,
        "test_person_full_name": persona.full_name,
        "test_person_birth_date": str(persona.birth_date),
        "test_officer_code": "cb-mau-01",
        "test_service_code": "1.004194.01",
    }


class Notes:
    """What was put on record before somebody was asked about."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, SourceRequest]] = []

    async def __call__(self, road: str, request: SourceRequest) -> None:
        self.noted.append((road, request))


async def no_record(_: str, __: SourceRequest) -> None:
    raise AuditUnavailableError


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    folder = tmp_path_factory.mktemp("tls")
    with running_under_tls(STRICT, folder) as (plain, under_tls):
        yield Side(plain, under_tls, folder)


async def lookups(side: Side) -> int:
    async with httpx.AsyncClient(base_url=side.plain) as http:
        return int((await http.get("/mock/stats")).json()["lookups"])


async def diagnosed(settings: UpstreamSettings) -> RoadReport:
    return await Diagnosis(settings, SystemClock()).run(Notes())


def stopped_at(report: RoadReport) -> tuple[Step, Finding]:
    """Return the one step that failed; what comes after it was left untried."""
    (failed,) = [one for one in report.steps if one.verdict is Verdict.FAILED]
    rest = report.steps[report.steps.index(failed) + 1 :]
    assert all(one.finding is Finding.NOT_REACHED for one in rest)
    assert report.has_failed
    return failed.step, failed.finding


@pytest.mark.parametrize("road", ROADS)
async def test_a_good_road_passes_every_step_and_the_test_person_is_noted_before_being_asked_about(
    road: str, side: Side
) -> None:
    notes, before = Notes(), await lookups(side)
    report = await Diagnosis(side.settings(road), SystemClock()).run(notes)

    findings = {one.step: (one.verdict, one.finding) for one in report.steps}
    token = (Verdict.PASSED, Finding.GOOD)
    if road == "vdxp-soap":
        token = (Verdict.SKIPPED, Finding.NOT_NEEDED)
    assert list(findings) == list(Step)
    assert findings.pop(Step.TOKEN) == token
    assert set(findings.values()) == {(Verdict.PASSED, Finding.GOOD)}
    ((noted, request),) = notes.noted
    assert (noted, request.question.id_number.digits) == (road, SAMPLE)
    assert await lookups(side) == before + 1


async def test_tls_and_clock_are_told_in_figures(side: Side) -> None:
    report = await diagnosed(side.settings())
    details = {one.step: one.details for one in report.steps}

    assert details[Step.TLS]["tls_version"] == "TLSv1.3"
    assert details[Step.TLS]["peer"] == "localhost"
    assert details[Step.TLS]["issuer"] == "mock-c06 invented authority"
    assert details[Step.TLS]["days_left"] in {364, 365}
    assert abs(int(details[Step.CLOCK]["ahead_seconds"])) <= 30


async def test_without_an_agreed_person_nobody_is_asked_about(side: Side) -> None:
    before = await lookups(side)
    nobody = dict.fromkeys(person(SAMPLE), "")
    report = await diagnosed(side.settings(**nobody))

    assert not report.has_failed
    assert (report.steps[-1].verdict, report.steps[-1].finding) == (Verdict.SKIPPED, Finding.NOT_SET_UP)
    assert await lookups(side) == before


async def test_where_it_cannot_be_recorded_nobody_is_asked_about(side: Side) -> None:
    before = await lookups(side)
    report = await Diagnosis(side.settings(), SystemClock()).run(no_record)

    assert (report.steps[-1].verdict, report.steps[-1].finding) == (Verdict.SKIPPED, Finding.NOT_RECORDED)
    assert await lookups(side) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": ""}, "DANCU_UPSTREAM_USER"),
        ({"base_url": "https://[::1"}, "DANCU_UPSTREAM_BASE_URL"),
        ({"base_url": "http://c06.example.invalid"}, "DANCU_UPSTREAM_BASE_URL"),
        ({"ca_bundle": "/no/such/file"}, "DANCU_UPSTREAM_CA_BUNDLE"),
        ({"test_person_full_name": ""}, "DANCU_UPSTREAM_TEST_PERSON"),
        ({"test_officer_code": ""}, "DANCU_UPSTREAM_TEST_OFFICER_CODE"),
        ({"test_person_id_number": "09919000001"}, "invalid_id_number"),
    ],
)
async def test_a_setting_that_is_wrong_is_named(changes: dict[str, str], words: str, side: Side) -> None:
    report = await diagnosed(side.settings(**changes))

    assert stopped_at(report) == (Step.SETTINGS, Finding.SETTING_WRONG)
    assert words in str(report.steps[0].details["reason"])


@pytest.mark.parametrize(
    ("url", "stop"),
    [
        ("https://c06.invalid", (Step.DNS, Finding.NAME_UNKNOWN)),
        ("https://127.0.0.1:9", (Step.TCP, Finding.NO_CONNECTION)),
    ],
)
async def test_an_address_that_leads_nowhere_stops_there(
    url: str, stop: tuple[Step, Finding], side: Side
) -> None:
    assert stopped_at(await diagnosed(side.settings(base_url=url))) == stop


@pytest.mark.parametrize(
    ("switch", "stop"),
    [
        ({"certificate": "expired"}, (Step.TLS, Finding.NOT_TRUSTED)),
        ({"certificate": "other_name"}, (Step.TLS, Finding.NOT_TRUSTED)),
        ({"certificate": "untrusted"}, (Step.TLS, Finding.NOT_TRUSTED)),
        ({"clock_skew_seconds": 900}, (Step.PERSON, Finding.CREDENTIALS_REFUSED)),
        ({"behaviour": "fault_200"}, (Step.PERSON, Finding.ANSWER_UNREADABLE)),
        ({"behaviour": "unavailable"}, (Step.PERSON, Finding.NO_ANSWER)),
        ({"behaviour": "procedure_refused"}, (Step.PERSON, Finding.PERMISSION_REFUSED)),
        ({"behaviour": "certificate_expired"}, (Step.PERSON, Finding.NO_ANSWER)),
        ({"behaviour": "not_found"}, (Step.PERSON, Finding.PERSON_UNKNOWN)),
        ({"behaviour": "other_number"}, (Step.PERSON, Finding.PERSON_DIFFERS)),
    ],
    ids=str,
)
async def test_each_trouble_stops_at_its_step(
    switch: dict[str, Any], stop: tuple[Step, Finding], side: Side
) -> None:
    async with switched(side.plain, switch):
        report = await diagnosed(side.settings())

    assert stopped_at(report) == stop
    if switch.get("behaviour") == "certificate_expired":
        await diagnosed(side.settings())  # meets the certificate, so that no other test does


async def test_a_client_certificate_that_is_wanted_and_not_set_up_is_told(side: Side) -> None:
    async with switched(side.plain, {"wants_client_certificate": True}):
        without = await diagnosed(side.settings())
        ours: dict[str, Any] = {
            "client_certificate": side.folder / "client.pem",
            "client_key": side.folder / "client.key",
        }
        with_it = await diagnosed(side.settings(**ours))

    assert without.steps[3].finding is Finding.CLIENT_NOT_TRUSTED
    assert without.has_failed
    assert not with_it.has_failed


async def test_a_clock_that_runs_ahead_is_a_warning_with_its_seconds(side: Side) -> None:
    async with switched(side.plain, {"clock_skew_seconds": 900}):
        report = await diagnosed(side.settings("lgsp-soap"))
    clock = report.steps[list(Step).index(Step.CLOCK)]

    assert (clock.verdict, clock.finding) == (Verdict.WARNED, Finding.CLOCKS_DIFFER)
    assert 890 <= int(clock.details["ahead_seconds"]) <= 910
    assert not report.has_failed


async def test_refused_credentials_stop_at_the_token(side: Side) -> None:
    report = await diagnosed(side.settings("lgsp-soap", secret_key="SK-OTHER"))

    assert stopped_at(report) == (Step.TOKEN, Finding.CREDENTIALS_REFUSED)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@asynccontextmanager
async def a_host(authority: Authority, **ends: timedelta) -> AsyncIterator[dict[str, Any]]:
    answer = an_answer(b"")
    async with a_bad_server(answer, tls=server_side(authority.issue("localhost", **ends))) as server:
        yield {"base_url": server.url, "ca_bundle": authority.file}


async def test_a_certificate_that_ends_soon_is_a_warning_with_its_days(authority: Authority) -> None:
    async with a_host(authority, ends_in=timedelta(days=9, hours=12)) as changes:
        report = await diagnosed(settings_of("vdxp-soap", "", **changes))
    tls, clock = report.steps[3], report.steps[4]

    assert (tls.verdict, tls.finding) == (Verdict.WARNED, Finding.CERTIFICATE_ENDS_SOON)
    assert tls.details["days_left"] == 9
    assert tls.details["ends_first"] == "the certificate of the other side"
    assert clock.finding is Finding.NO_TIME_TOLD
    assert not report.has_failed


async def test_a_client_certificate_of_ours_that_has_ended_fails(authority: Authority) -> None:
    ours = authority.issue("dancu", ends_in=timedelta(days=-3))
    async with a_host(authority) as changes:
        shown = {"client_certificate": ours.certificate, "client_key": ours.key}
        report = await diagnosed(settings_of("vdxp-soap", "", **changes, **shown))

    assert stopped_at(report) == (Step.TLS, Finding.CERTIFICATE_ENDED)
    assert report.steps[3].details["ends_first"] == "our client certificate"


async def test_a_side_without_tls_is_told() -> None:
    async with a_plain_speaker() as url:
        assert stopped_at(await diagnosed(settings_of("vdxp-soap", url))) == (Step.TLS, Finding.NO_TLS)


async def test_on_this_machine_tls_is_not_needed(side: Side) -> None:
    report = await diagnosed(settings_of("vdxp-soap", f"{side.plain}/vdxp-soap"))

    assert (report.steps[3].verdict, report.steps[3].finding) == (Verdict.SKIPPED, Finding.NOT_NEEDED)
    assert not report.has_failed


@pytest.mark.parametrize(
    "date", ["", "Date: yesterday\r\n", "Date: Mon, 32 Foo 2026\r\n", f"Date: 1 Jan {9**30}\r\n"]
)
async def test_a_time_that_nobody_can_read_is_none(date: str) -> None:
    assert _date(f"HTTP/1.1 200 OK\r\n{date}\r\n".encode()) is None


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("behaviour", ["found", "other_name", "two_people", "fault_500"])
async def test_no_secret_and_nothing_of_anybody_is_said(road: str, behaviour: str, side: Side) -> None:
    async with switched(side.plain, {"behaviour": behaviour}):
        report = await diagnosed(side.settings(road, access_key="AK-TEST"))
    text = said([report]).model_dump_json() + repr(report) + report.summary

    told = PERSONAS[SAMPLE]
    for value in (SAMPLE, told.full_name, "19900509", "1990-05-09", "ĐƯỜNG THỬ", "ĐÁP", *SECRETS):
        assert value not in text
