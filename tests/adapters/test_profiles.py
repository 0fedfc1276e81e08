"""What the profiles of each folder say, and how the environment changes it."""

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from lxml import etree

from adapters.choose import ROADS, check_settings
from adapters.lgsp_json.language import JsonLanguage
from adapters.profile import Profile, load_profile
from adapters.soap.question import question_xml
from app.errors import ConfigurationError
from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, CitizenId, FullName, Question
from app.settings import UpstreamSettings
from tests.adapters.stand_in import settings_of

SAMPLES = Path(__file__).parent / "samples"
NAMES = [name for road in ROADS for name in tomllib.loads(road.profiles.read_text(encoding="utf-8"))]


def road_of(profile: str) -> str:
    return next(road.name for road in ROADS if road.speaks(profile))


def profile_of(name: str, **changes: Any) -> Profile:
    road = next(road for road in ROADS if road.speaks(name))
    settings = settings_of(road.name, "https://c06.example.invalid", **{"profile": name} | changes)
    return load_profile(road.profiles, settings)


def sent(name: str, request: SourceRequest, **changes: Any) -> bytes:
    profile = profile_of(name, **changes)
    if road_of(name) == "lgsp-json":
        return JsonLanguage(profile).write(request, profile.find)
    return question_xml(request, profile.find, profile)


def a_request(officer_code: str = "099185000021", request_id: str = "RANDOM093015123") -> SourceRequest:
    question = Question(CitizenId("099190000017"), FullName("Trần Văn Thử"), BirthDate(1990, 5, 9))
    return SourceRequest(request_id, officer_code, "VPCP", question, 5.0)


def elements(xml: bytes) -> list[tuple[str, str]]:
    """Return names and texts of the question's elements, in their order."""
    question = etree.fromstring(xml)[1][0]
    return [
        (etree.QName(element).localname, (element.text or "").strip())
        for element in question.iterdescendants()
    ]


def test_the_settings_know_exactly_the_profiles_of_the_folders() -> None:
    known = get_args(UpstreamSettings.model_fields["profile"].annotation)

    assert list(known) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_can_be_set_up(name: str) -> None:
    check_settings(settings_of(road_of(name), "https://c06.example.invalid", profile=name))


@pytest.mark.parametrize("name", NAMES)
def test_the_household_is_marked_as_unverified_wherever_a_profile_offers_it(name: str) -> None:
    road = next(road for road in ROADS if road.speaks(name))
    lines = road.profiles.read_text(encoding="utf-8").splitlines()

    assert all("UNVERIFIED" in line for line in lines if line.startswith("household"))


def test_the_courts_question_is_written_element_for_element() -> None:
    written = sent("vdxp-soap", a_request(), agency_code="TA-TEST-01")

    expected = dict(elements((SAMPLES / "court-soap-037-fulldate.xml").read_bytes()))
    assert list(expected) == [name for name, _ in elements(written)]
    assert dict(elements(written)) == expected | {"TaiKhoan": "099185000021"}
    assert b'xmlns:dan="http://dancuquocgia.bca"' in written


def test_a_lone_year_is_written_as_the_courts_write_it() -> None:
    question = Question(CitizenId("099190000017"), FullName("Trần Văn Thử"), BirthDate(1990))
    written = sent("vdxp-soap", SourceRequest("1", "cb", "VPCP", question, 5.0))

    assert elements(written)[-1] == ("Nam", "1990")


def test_the_yes_or_no_of_the_letter_has_its_own_order() -> None:
    profile = profile_of("vdxp-soap")
    assert profile.confirm is not None
    request = a_request(officer_code="VDXP_VPCP", request_id="YC0001")

    written = question_xml(request, profile.confirm, profile)

    expected = elements((SAMPLES / "vpcp761-soap-033.xml").read_bytes())
    assert elements(written) == [pair for pair in expected if pair[0] != "SoCMND"]


def test_the_document_has_the_birth_date_as_plain_text() -> None:
    assert elements(sent("vdxp-soap-gtel", a_request()))[-1] == ("NgayThangNamSinh", "1990-05-09")


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("birth_date_format", "yyyy-mm-dd", ("NgayThangNam", "1990-05-09")),
        ("birth_date_format", "yyyymmdd", ("NgayThangNam", "19900509")),
        ("names_without_accents", "false", ("HoVaTen", "TRẦN VĂN THỬ")),
        ("names_without_accents", "true", ("HoVaTen", "TRANVANTHU")),
        ("agency_code", "DV-9", ("MaDonVi", "DV-9")),
        ("officer_code_in", "TaiKhoan", ("TaiKhoan", "099185000021")),
        ("officer_code_in", "TaiKhoan", ("MaCanBo", "chung")),
        ("officer_code_in", " MaCanBo , TaiKhoan", ("MaCanBo", "099185000021")),
    ],
)
def test_the_environment_stands_over_the_profile(
    setting: str, value: str, expected: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_UPSTREAM_PROFILE", "vdxp-soap")
    monkeypatch.setenv("DANCU_UPSTREAM_AGENCY_CODE", "DV-1")
    monkeypatch.setenv("DANCU_UPSTREAM_SERVICE_ACCOUNT", "chung")
    monkeypatch.setenv(f"DANCU_UPSTREAM_{setting.upper()}", value)
    road = next(road for road in ROADS if road.name == "vdxp-soap")

    profile = load_profile(road.profiles, UpstreamSettings(_env_file=None))

    assert expected in elements(question_xml(a_request(), profile.find, profile))


def test_blank_variables_leave_the_profile_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in UpstreamSettings.model_fields.items():
        if field.default is None:
            monkeypatch.setenv(f"DANCU_UPSTREAM_{name.upper()}", "")
    (road,) = [road for road in ROADS if road.name == "lgsp-soap"]

    assert load_profile(road.profiles, UpstreamSettings(_env_file=None)) == profile_of("lgsp-soap")


def test_the_order_of_elements_is_configuration() -> None:
    order = "HoVaTen,SoDinhDanh,NgayThangNamSinh,MaYeuCau,MaCanBo"
    names = [name for name, _ in elements(sent("lgsp-soap", a_request(), element_order=order))]

    assert names == ["HoVaTen", "SoDinhDanh", "NgayThangNamSinh", "NgayThangNam", "MaYeuCau", "MaCanBo"]


def test_the_codes_of_success_are_configuration() -> None:
    assert profile_of("lgsp-json", success_codes="1, OK").success_codes == ("1", "OK")


@pytest.mark.parametrize("operation", ["find", "confirm", "household"])
def test_the_paths_of_operations_are_configuration(operation: str) -> None:
    profile = profile_of("lgsp-soap", **{f"{operation}_path": "/elsewhere"})

    assert getattr(profile, operation).path == "/elsewhere"


def test_a_path_alone_makes_no_operation() -> None:
    assert profile_of("lgsp-json-thanh-hoa", confirm_path="/elsewhere").confirm is None


@pytest.mark.parametrize(
    "order",
    [
        "MaYeuCau",
        "MaYeuCau,MaCanBo,SoDinhDanh,NgayThangNamSinh",
        "MaYeuCau,MaCanBo,SoDinhDanh,HoVaTen",
        "MaYeuCau,MaCanBo,SoDinhDanh,HoVaTen,Nam",
        "MaYeuCau,MaCanBo,HoVaTen,NgayThangNamSinh",
        "MaYeuCau,SoDinhDanh,HoVaTen,NgayThangNamSinh",
        "MaCanBo,SoDinhDanh,HoVaTen,NgayThangNamSinh",
        "MaYeuCau,MaCanBo,SoDinhDanh,HoVaTen,NgayThangNamSinh,type",
        "MaYeuCau,MaYeuCau,MaCanBo,SoDinhDanh,HoVaTen,NgayThangNamSinh",
    ],
)
def test_an_order_that_cannot_carry_a_question_stops_the_start(order: str) -> None:
    with pytest.raises(ConfigurationError, match="DANCU_UPSTREAM_ELEMENT_ORDER"):
        profile_of("lgsp-soap", element_order=order)


@pytest.mark.parametrize("places", ["HoVaTen", "MaCanBo,type", "TaiKhoan"])
def test_a_place_for_the_officers_code_that_is_none_stops_the_start(places: str) -> None:
    with pytest.raises(ConfigurationError, match="DANCU_UPSTREAM_OFFICER_CODE_IN"):
        profile_of("lgsp-soap", officer_code_in=places)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("lgsp-soap", "access_key"),
        ("lgsp-json", "auth_header"),
        ("lgsp-json", "service_account"),
        ("vdxp-soap", "user"),
        ("vdxp-soap", "secret_key"),
        ("vdxp-soap", "agency_code"),
    ],
)
def test_what_a_road_cannot_do_without_is_named(name: str, setting: str) -> None:
    settings = settings_of(name, "https://c06.example.invalid", **{setting: ""})

    with pytest.raises(ConfigurationError, match=f"DANCU_UPSTREAM_{setting.upper()}$"):
        check_settings(settings)


@pytest.mark.parametrize("setting", ["auth_header", "road_client", "api_key"])
def test_a_secret_that_no_header_can_carry_stops_the_start_unrepeated(setting: str) -> None:
    road = "lgsp-json" if setting == "auth_header" else "vdxp-soap"

    with pytest.raises(ConfigurationError, match=f"DANCU_UPSTREAM_{setting.upper()}") as caught:
        check_settings(settings_of(road, "https://c06.example.invalid", **{setting: "gehe\nim"}))

    assert "gehe" not in str(caught.value)
