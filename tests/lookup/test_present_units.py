"""Where an address of before July 2025 lies today, and where nobody can tell."""

import pytest

from app.lookup.narrowing import narrow
from app.lookup.places import load_atlas
from app.lookup.present_units import UnitStatus, present_unit, present_units
from app.lookup.values import Address
from app.procedures.fields import Field
from tests.lookup_fakes import a_citizen


def placed(*codes: str | None, country: str | None = "VN") -> tuple[UnitStatus, str | None, tuple[str, ...]]:
    ward, district, province = codes
    unit = present_unit(load_atlas(), ward, district, province, country)
    return (
        unit.status,
        unit.commune.code if unit.commune else None,
        tuple(one.code for one in unit.candidates),
    )


@pytest.mark.parametrize("district", [None, ""])
def test_a_commune_of_today_is_the_same(district: str | None) -> None:
    assert placed("26740", district, "79") == (UnitStatus.SAME, "26740", ())


def test_a_commune_of_another_province_today_is_the_same_only_under_todays_province() -> None:
    assert placed("25942", None, "79") == (UnitStatus.SAME, "25942", ())
    assert placed("25942", None, "74") == (UnitStatus.SUCCEEDED, "25942", ())


@pytest.mark.parametrize(
    ("codes", "successor"),
    [
        (("26740", "760", "79"), "26740"),
        (("00013", "001", "01"), "00004"),
        (("25960", "724", "74"), "25942"),
        (("07213", "213", "24"), "07210"),
        (("28264", "815", None), "28261"),
        (("00013", None, "01"), "00004"),
    ],
)
def test_a_former_commune_is_succeeded_by_the_one_it_went_into(
    codes: tuple[str, str | None, str | None], successor: str
) -> None:
    assert placed(*codes) == (UnitStatus.SUCCEEDED, successor, ())


def test_a_divided_commune_is_ambiguous_and_names_where_it_may_be() -> None:
    assert placed("26737", "760", "79") == (UnitStatus.AMBIGUOUS, None, ("26737", "26740"))


def test_what_the_sources_disagree_on_is_a_hint_and_not_an_answer() -> None:
    assert placed("26929", "765", "79") == (UnitStatus.UNKNOWN, None, ("26929",))


@pytest.mark.parametrize(
    "codes",
    [
        (None, None, None),
        (None, "760", "79"),
        ("99111", "991", "99"),
        ("26740", "001", "79"),
        ("26740", None, "01"),
        ("00000", None, None),
    ],
)
def test_what_no_code_tells_stays_unknown(codes: tuple[str | None, ...]) -> None:
    assert placed(*codes) == (UnitStatus.UNKNOWN, None, ())


def test_an_address_abroad_is_nowhere_in_vietnam() -> None:
    assert placed("26740", None, "79", country="LA") == (UnitStatus.UNKNOWN, None, ())
    assert placed("26740", None, "79", country=None)[0] is UnitStatus.SAME


def test_the_answer_says_all_of_a_shown_address_and_nothing_of_a_hidden_one() -> None:
    citizen = a_citizen(
        permanent_residence=Address("12 LÊ LỢI", "26740", "760", "79", "VN"),
        current_residence=Address("14 LÊ LỢI", "26737", "760", "79", "VN"),
        home_place=Address("LÀNG MẪU", "00013", "001", "01", "VN"),
    )
    shown = narrow(citizen, frozenset({Field.PERMANENT_RESIDENCE, Field.CURRENT_RESIDENCE, Field.FULL_NAME}))
    before = str(shown)
    units = present_units(load_atlas(), shown)
    province = {"province_code": "79", "province_name": "Thành phố Hồ Chí Minh"}
    tan_dinh = {"commune_code": "26737", "commune_name": "Phường Tân Định"} | province
    sai_gon = {"commune_code": "26740", "commune_name": "Phường Sài Gòn"} | province
    assert units == {
        "permanent_residence": {"status": "succeeded", "candidates": []} | sai_gon,
        "current_residence": {
            "status": "ambiguous",
            "candidates": [tan_dinh | {"is_confirmed": True}, sai_gon | {"is_confirmed": True}],
        }
        | dict.fromkeys(sai_gon),
    }
    assert str(shown) == before


def test_an_address_the_record_does_not_have_has_no_unit() -> None:
    shown = narrow(a_citizen(permanent_residence=None), frozenset({Field.PERMANENT_RESIDENCE}))
    assert present_units(load_atlas(), shown) == {}
