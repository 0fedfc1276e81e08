from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.errors import InvalidRequestError, ProblemCode
from app.lookup.dossier import DossierCode, DossierCodeError, belongs_to, parse_dossier_code
from app.lookup.dossier_shape import dossier_shapes
from app.units.codes import canonical_agency_code

TODAY = date(2026, 11, 22)

old_codes = st.from_regex(r"[0-9A-Z]{3}\.[0-9A-Z]{2}\.[0-9A-Z]{2}\.[A-Y][0-9]{2}", fullmatch=True)
new_codes = st.from_regex(r"[A-Y][0-9]{2}(\.[0-9A-Z]{1,4}){0,4}", fullmatch=True)


def a_dossier(agency: str = "H19.34.12") -> DossierCode:
    return parse_dossier_code(f"{agency}-260301-0001", TODAY)


def test_a_code_with_the_old_prefix_is_read() -> None:
    assert parse_dossier_code("000.00.00.H19-230301-0001", TODAY) == DossierCode(
        text="000.00.00.H19-230301-0001", agency="000.00.00.H19", date=date(2023, 3, 1), number="0001"
    )


def test_a_code_with_the_new_prefix_is_read() -> None:
    assert parse_dossier_code("H19.12-260301-0001", TODAY) == DossierCode(
        text="H19.12-260301-0001", agency="H19.12", date=date(2026, 3, 1), number="0001"
    )


@pytest.mark.parametrize(
    "text",
    [
        "000.A0.01.H26-210212-9090",
        "H19-260301-0001",
        "H26.107-260301-0001",
        "H19.12.3-260301-00001",
        "G15.A.9-260301-000001",
        "H19-240229-0001",
        "H19-261122-0001",
        f"H19.{'9' * 31}-260301-0001",
    ],
)
def test_codes_of_both_forms_up_to_today_pass(text: str) -> None:
    assert parse_dossier_code(text, TODAY).text == text


def test_blanks_around_a_code_do_not_count() -> None:
    assert parse_dossier_code(" H19-260301-0001\t", TODAY).text == "H19-260301-0001"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("H19", id="agency alone"),
        pytest.param("H19-260301", id="no running number"),
        pytest.param("H19-260301-001", id="three running digits"),
        pytest.param("H19-260301-0000001", id="seven running digits"),
        pytest.param("H19-261123-0001", id="tomorrow"),
        pytest.param("H19-990301-0001", id="far future"),
        pytest.param("H19-260229-0001", id="no leap year"),
        pytest.param("H19-261301-0001", id="thirteenth month"),
        pytest.param("H19-260001-0001", id="month zero"),
        pytest.param("H19-260300-0001", id="day zero"),
        pytest.param("H19-20260301-0001", id="four-digit year"),
        pytest.param("H19-260301-0001\n", id="final newline"),
        pytest.param("h19-260301-0001", id="small letter"),
        pytest.param("Z01-260301-0001", id="level one beyond Y"),
        pytest.param("000.00.H19-260301-0001", id="old form cut short"),
        pytest.param("0000.00.00.H19-260301-0001", id="old form too long"),
        pytest.param("H19.-260301-0001", id="empty group"),
        pytest.param("H19..1-260301-0001", id="empty group inside"),
        pytest.param(f"H19.{'9' * 32}-260301-0001", id="agency of 36 characters"),
        pytest.param("H19-٢٦٠٣٠١-0001", id="arabic digits"),
        pytest.param("H19_260301_0001", id="underscores"),
    ],
)
def test_anything_else_is_no_dossier_code(text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_dossier_code(text, TODAY)

    assert caught.value.code is ProblemCode.INVALID_DOSSIER_CODE
    assert caught.value.fields == ("/dossier_code",)


@pytest.mark.parametrize("text", ["H19-261123-0001", "000.00.00.H19-990301-0001"])
def test_a_code_of_a_day_to_come_is_told_as_that(text: str) -> None:
    with pytest.raises(DossierCodeError) as caught:
        parse_dossier_code(text, TODAY)

    assert caught.value.members("vi") == {
        "detail": "Ngày trong mã số hồ sơ là ngày trong tương lai. Chưa tra cứu."
    }
    assert "in the future" in str(caught.value.members("en")["detail"])


@pytest.mark.parametrize(
    ("declared", "example"),
    [
        ("{agency}-{yymmdd}-{number:4-6}", "000.00.00.H19-230301-0001"),
        ("{agency:new}/{ddmmyyyy}{number:5}", "H19.34.12/0103202300001"),
        ("HS_{ddmmyy}.{number:3}.{agency:old}", "HS_010323.001.000.00.00.H19"),
        ("{yyyymmdd}{number:6}-{agency:new}", "20230301000001-H19.34.12"),
    ],
)
def test_a_refusal_shows_an_example_of_the_provinces_own_shape(declared: str, example: str) -> None:
    shapes = dossier_shapes(declared)
    assert parse_dossier_code(example, TODAY, shapes=shapes).date == date(2023, 3, 1)

    with pytest.raises(DossierCodeError) as caught:
        parse_dossier_code("HS-1", TODAY, shapes=shapes)

    for language in ("vi", "en"):
        assert f" {example})." in str(caught.value.members(language)["detail"])


def test_a_refusal_points_to_where_the_caller_says_the_code_stood() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_dossier_code("", TODAY, "/lookups/0/dossier_code")

    assert caught.value.fields == ("/lookups/0/dossier_code",)


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)))
@settings(deadline=None)
@example(TODAY)
@example(TODAY + timedelta(days=1))
def test_a_dossier_is_received_today_or_earlier(day: date) -> None:
    text = f"H19-{day:%y%m%d}-0001"

    if day <= TODAY:
        assert parse_dossier_code(text, TODAY).date == day
    else:
        with pytest.raises(InvalidRequestError):
            parse_dossier_code(text, TODAY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("000.00.00.H19", "H19"),
        ("000.00.12.H19", "H19.12"),
        ("000.34.12.H19", "H19.12.34"),
        ("000.12.34.H19", "H19.34.12"),
        ("567.34.12.H19", "H19.12.34.567"),
        ("000.A0.01.H26", "H26.01.A0"),
        ("000.34.00.H19", "H19.00.34"),
        ("567.00.00.H19", "H19.00.00.567"),
        ("050.00.00.H19", "H19.00.00.050"),
        ("H20.12.34.567", "H20.12.34.567"),
    ],
)
def test_an_old_code_is_turned_round_and_loses_its_empty_lower_levels(old: str, new: str) -> None:
    assert canonical_agency_code(old) == new


@pytest.mark.parametrize("code", ["H19", "H19.12.3", "H26.107", "H19.00", "H19.12.34.000", "G15.0"])
def test_a_new_code_stays_as_it_is(code: str) -> None:
    assert canonical_agency_code(code) == code


def test_a_code_that_reads_both_ways_stays_as_it_is() -> None:
    assert canonical_agency_code("A01.12.34.H19") == "A01.12.34.H19"


@pytest.mark.parametrize("code", ["", "H1", "000.12.34.H19\n", "000.12.34.Z19", "unit 7"])
def test_what_is_no_agency_code_stays_as_it_is(code: str) -> None:
    assert canonical_agency_code(code) == code


@given(old_codes | new_codes)
@settings(deadline=None)
@example("H19.12.34.H20")
def test_canonicalising_twice_changes_nothing(code: str) -> None:
    canonical = canonical_agency_code(code)

    assert canonical_agency_code(canonical) == canonical


@given(old_codes, old_codes)
@settings(deadline=None)
def test_two_old_codes_never_become_one(one: str, other: str) -> None:
    assert (canonical_agency_code(one) == canonical_agency_code(other)) == (one == other)


@pytest.mark.parametrize(
    ("agency", "codes"),
    [
        ("H19.34.12", ["H19.34.12"]),
        ("H19.34.12", ["000.12.34.H19"]),
        ("000.12.34.H19", ["H19.34.12"]),
        ("000.12.34.H19", ["000.12.34.H19"]),
        ("000.00.00.H19", {"H19.7", "H19"}),
        ("A01.12.34.H19", ["A01.12.34.H19"]),
    ],
)
def test_a_dossier_belongs_to_the_agency_of_its_code_in_either_form(
    agency: str, codes: list[str] | set[str]
) -> None:
    assert belongs_to(a_dossier(agency), codes)


@pytest.mark.parametrize(
    ("agency", "codes"),
    [
        ("H19.34.12", []),
        ("H19.34.12", ["H19"]),
        ("H19.34.12", ["H19.34"]),
        ("H19.34", ["H19.34.12"]),
        ("H19.34.12", ["H20.34.12"]),
        ("H19.34.12", ["H19.12.34"]),
        ("000.12.34.H19", ["H19.12.34"]),
        ("000.00.00.H19", ["H20", "000.00.00.H20"]),
    ],
)
def test_a_dossier_belongs_to_no_other_agency_above_or_below(agency: str, codes: list[str]) -> None:
    assert not belongs_to(a_dossier(agency), codes)
