from datetime import date

import pytest

from app.units.divisions import DivisionLevel, Successors, load_divisions

NOWHERE_BEFORE = {"11948", "19742", "20333", "21548", "26732"}  # island districts that had no wards


def test_all_34_provinces_and_3321_wards_of_today_load() -> None:
    divisions = load_divisions()
    assert (len(divisions.provinces), len(divisions.wards)) == (34, 3321)
    assert (len(divisions.former_provinces), len(divisions.former_districts)) == (63, 696)
    assert len(divisions.former_wards) == 10_035


def test_every_former_ward_has_an_answer_and_divided_ones_are_ambiguous() -> None:
    divisions = load_divisions()
    for code in divisions.former_wards:
        answer = divisions.present_wards(code)
        assert answer.successors is (Successors.ONE if len(answer.wards) == 1 else Successors.DIVIDED)
        assert (answer.only is None) == (len(answer.wards) > 1)
        assert all(divisions.wards[ward.code] is ward for ward in answer.wards)
        assert len({ward.code for ward in answer.wards}) == len(answer.wards) > 0
        assert answer.unconfirmed <= {ward.code for ward in answer.wards}


def test_the_table_divides_and_doubts_what_its_readme_says() -> None:
    answers = [load_divisions().present_wards(code) for code in load_divisions().former_wards]
    assert sum(answer.successors is Successors.DIVIDED for answer in answers) == 473
    assert sum(len(answer.wards) for answer in answers) == 10_601
    assert sum(len(answer.unconfirmed) for answer in answers) == 51
    assert sum(not answer.is_confirmed for answer in answers) == 49


def test_every_present_ward_but_five_islands_came_from_somewhere() -> None:
    divisions = load_divisions()
    reached = {ward.code for code in divisions.former_wards for ward in divisions.present_wards(code).wards}
    assert set(divisions.wards) - reached == NOWHERE_BEFORE


def test_every_unit_has_its_parent_and_its_days() -> None:
    divisions = load_divisions()
    for ward in divisions.wards.values():
        assert ward.parent_code in divisions.provinces
        assert (ward.level, ward.valid_from, ward.valid_to) == (DivisionLevel.WARD, date(2025, 7, 1), None)
        province = divisions.province_of(ward.code)
        assert province is not None
        assert province.code == ward.parent_code
    for former in divisions.former_wards.values():
        assert former.parent_code in divisions.former_districts
        assert former.valid_to == date(2025, 6, 30)
    for district in divisions.former_districts.values():
        assert district.parent_code in divisions.former_provinces


@pytest.mark.parametrize("code", ["99999", "", "00000", "4"])
def test_a_ward_that_never_was_has_no_successor(code: str) -> None:
    answer = load_divisions().present_wards(code)
    assert (answer.successors, answer.wards, answer.only) == (Successors.UNKNOWN, (), None)
    assert not answer.is_confirmed
    assert load_divisions().province_of(code) is None


def test_one_code_may_be_a_former_wards_and_a_present_wards() -> None:
    divisions = load_divisions()
    assert divisions.former_wards["00004"].name == "Phường Trúc Bạch"
    assert divisions.wards["00004"].name == "Phường Ba Đình"


def test_a_divided_ward_names_all_its_successors() -> None:
    answer = load_divisions().present_wards("00007")
    assert answer.successors is Successors.DIVIDED
    assert answer.only is None
    assert "00008" in {ward.code for ward in answer.wards}


def test_what_a_single_source_says_is_only_a_hint() -> None:
    answer = load_divisions().present_wards("01651")
    assert answer.successors is Successors.ONE
    assert not answer.is_confirmed
    assert answer.unconfirmed == {"01648"}
