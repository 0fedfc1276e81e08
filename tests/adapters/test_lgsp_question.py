"""What the LGSP gets to read."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from adapters.lgsp_soap.adapter import LGSP_SOAP
from adapters.profile import Operation, Profile, load_profile
from adapters.question import name_as_asked
from adapters.soap.namespaces import QLDC
from adapters.soap.question import question_xml
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, FullName, OldIdNumber
from app.settings import UpstreamSettings

RequestBuilder = Callable[..., SourceRequest]


@pytest.fixture
def profile(settings: UpstreamSettings) -> Profile:
    return load_profile(LGSP_SOAP.profiles, settings)


@pytest.fixture
def hyphenated(profile: Profile) -> Profile:
    return replace(profile, birth_date_format="yyyy-mm-dd")


def confirming(profile: Profile) -> Operation:
    assert profile.confirm is not None
    return profile.confirm


def elements_of(xml: bytes) -> dict[str, str]:
    return {etree.QName(element).localname: element.text or "" for element in etree.fromstring(xml).iter()}


def test_a_find_request_equals_the_real_clients_byte_for_byte(
    a_request: RequestBuilder, hyphenated: Profile, sample: Callable[[str], bytes]
) -> None:
    written = question_xml(a_request(), hyphenated.find, hyphenated)

    assert written == sample("hg-soap-TraCuuThongTinCongDan-037.xml").strip()


def test_a_confirm_request_equals_the_real_clients_byte_for_byte(
    a_request: RequestBuilder, hyphenated: Profile, sample: Callable[[str], bytes]
) -> None:
    written = question_xml(a_request(request_id="1624260000000"), confirming(hyphenated), hyphenated)

    assert written == sample("hg-soap-XacThucThongTinCongDan-12digit.xml").strip()


def test_an_old_number_goes_into_its_own_element(a_request: RequestBuilder, profile: Profile) -> None:
    elements = elements_of(question_xml(a_request(id_number=OldIdNumber("990000017")), profile.find, profile))

    assert elements["SoCMND"] == "990000017"
    assert "SoDinhDanh" not in elements


def test_a_full_birth_date_is_written_without_hyphens_by_default(
    a_request: RequestBuilder, profile: Profile
) -> None:
    assert elements_of(question_xml(a_request(), profile.find, profile))["NgayThangNam"] == "19900509"


def test_a_lone_year_goes_into_nam(a_request: RequestBuilder, profile: Profile) -> None:
    elements = elements_of(question_xml(a_request(birth_date=BirthDate(1945)), profile.find, profile))

    assert elements["Nam"] == "1945"
    assert "NgayThangNam" not in elements


def test_the_element_order_is_configuration(a_request: RequestBuilder, profile: Profile) -> None:
    turned = replace(profile, element_order=tuple(reversed(profile.element_order)))

    question = etree.fromstring(question_xml(a_request(), turned.find, turned))[1][0]

    names = [etree.QName(element).localname for element in question]
    assert names == [
        "NgayThangNamSinh",
        "HoVaTen",
        "SoDinhDanh",
        "MaCanBo",
        "MaTichHop",
        "MaDVC",
        "MaYeuCau",
    ]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Trần Văn Thử", "TRANVANTHU"),
        ("  đặng   thị  ĐÀO ", "DANGTHIDAO"),
        ("Ðặng Văn Ɖức", "DANGVANDUC"),
        ("K'Brêu", "KBREU"),
        ("H\u2019Điêu Niê & Kđăm", "HDIEUNIEKDAM"),
        ("Tra\u0302\u0300n", "TRAN"),
    ],
)
def test_names_go_out_in_bare_capitals(typed: str, sent: str) -> None:
    assert name_as_asked(FullName(typed), without_accents=True) == sent


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Trần  Văn Thử ", "TRẦN VĂN THỬ"),
        ("Tra\u0302\u0300n Văn", "TRẦN VĂN"),
        ("K'Brêu", "K'BRÊU"),
        ("Trần\u200b \u200b Văn\x00", "TRẦN VĂN"),
    ],
)
def test_names_keep_their_accents_where_the_platform_wants_them(typed: str, sent: str) -> None:
    assert name_as_asked(FullName(typed), without_accents=False) == sent


def test_markup_in_a_name_is_escaped_and_comes_back_as_text(
    a_request: RequestBuilder, profile: Profile
) -> None:
    hostile = "</qldc:HoVaTen><qldc:SoDinhDanh>000000000000</qldc:SoDinhDanh>&x;<![CDATA[ ]]>"
    accented = replace(profile, names_without_accents=False)

    written = question_xml(a_request(full_name=hostile), accented.find, accented)

    root = etree.fromstring(written)
    names = root.findall(f".//{{{QLDC}}}HoVaTen")
    assert [name.text for name in names] == [hostile.upper()]
    assert [number.text for number in root.findall(f".//{{{QLDC}}}SoDinhDanh")] == ["099190000017"]


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(), code=st.text(st.characters(exclude_categories=["C", "Z"])))
def test_any_name_and_code_make_well_formed_xml(
    a_request: RequestBuilder, profile: Profile, name: str, code: str
) -> None:
    for without_accents in (True, False):
        chosen = replace(profile, names_without_accents=without_accents)

        elements = elements_of(
            question_xml(a_request(full_name=name, officer_code=code), chosen.find, chosen)
        )

        assert elements["MaCanBo"] == code
        assert elements["HoVaTen"] == name_as_asked(FullName(name), without_accents=without_accents)


@pytest.mark.parametrize("code", ["canbo\x00", "canbo\x1b", "canbo\ud800"])
def test_a_code_that_xml_cannot_carry_is_never_sent(
    a_request: RequestBuilder, profile: Profile, code: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        question_xml(a_request(officer_code=code), profile.find, profile)

    assert caught.value.code is ProblemCode.INVALID_VALUE
    assert "canbo" not in repr(caught.value)
