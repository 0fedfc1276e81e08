from uuid import UUID

import pytest

from app.accounts.registration.unit_names import KnownUnit, UnitNames
from tests.accounts.registration.lists import BINH, HA, HA_NANG, NAMES, SCIENCE, SCOPE, TWIN_A, TWIN_B

TOWN, WARD_5, DESK, OFFICE, SCHOOLS = (UUID(int=number) for number in range(20, 25))
MORE = UnitNames(
    [
        *NAMES.by_id.values(),
        KnownUnit(TOWN, "UBND thị trấn Thử"),
        KnownUnit(WARD_5, "UBND phường 5"),
        KnownUnit(DESK, "Trung tâm Phục vụ hành chính công tỉnh"),
        KnownUnit(OFFICE, "Văn phòng UBND tỉnh Mẫu"),
        KnownUnit(SCHOOLS, "Sở Giáo dục và Đào tạo"),
    ]
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Ủy ban nhân dân xã Tân Hà", {HA}),
        ("UBND xã Tân Hà", {HA}),
        ("ubnd XÃ TÂN HÀ", {HA}),
        ("X. Tân Hà", {HA}),
        ("xã Tân Hà, tỉnh Mẫu", {HA}),
        ("UBND xã Tân Hà, UBND tỉnh Mẫu", set()),
        ("xã Tân Hà, tỉnh Khác", set()),
        ("xã Tân Hà, huyện Lạ, tỉnh Mẫu", set()),
        ("Tân Hà (xã)", {HA}),
        ("Hà Tân xã", set()),
        ("xã Hà Tân", set()),
        ("xa tan ha", {HA, HA_NANG}),
        ("xã Tân Ha", {HA, HA_NANG}),
        ("xã Tân Há", set()),
        ("phường Tân Hà", set()),
        ("P. Hoà Bình", {BINH}),
        ("UBND P.Hòa Bình", {BINH}),
        ("p.hoa binh", {BINH}),
        ("P Tư pháp", {TWIN_A, TWIN_B}),
        ("Sở KH&CN", {SCIENCE}),
        ("Sở KHCN", {SCIENCE}),
        ("Sở KH và CN", {SCIENCE}),
        ("so khoa hoc cong nghe", {SCIENCE}),
        ("TT. Thử", {TOWN}),
        ("P5", {WARD_5}),
        ("Phường 05", {WARD_5}),
        ("TTPVHCC tỉnh", {DESK}),
        ("TT PVHCC tỉnh", {DESK}),
        ("TTHCC tỉnh", {DESK}),
        ("VP UBND tỉnh Mẫu", {OFFICE}),
        ("Sở GD-ĐT", {SCHOOLS}),
        ("", set()),
        (",,,", set()),
    ],
)
def test_a_unit_is_found_however_it_is_called_and_never_guessed(typed: str, meant: set[UUID]) -> None:
    assert {unit.unit_id for unit in MORE.find(typed)} == meant


def test_an_exact_name_comes_before_one_that_leaves_words_out() -> None:
    both = UnitNames([KnownUnit(HA, "UBND xã Mẫu"), KnownUnit(BINH, "Xã Mẫu")])
    assert [unit.unit_id for unit in both.find("ủy ban nhân dân xã Mẫu")] == [HA]
    assert [unit.unit_id for unit in both.find("xã Mẫu")] == [BINH]


def test_codes_of_both_forms_are_found() -> None:
    assert NAMES.by_code(" h99.3 ") == NAMES.by_code("000.00.03.H99") == (NAMES.by_id[BINH],)


def test_the_nearest_open_units_are_suggested() -> None:
    assert [unit.unit_id for unit in NAMES.suggestions("xã Tân Hàa", SCOPE)][:2] == [HA, HA_NANG]
    assert NAMES.suggestions("xã Cũ", SCOPE) == ()
    assert NAMES.suggestions("qwx", SCOPE) == ()


def test_parents_in_a_circle_end_the_search() -> None:
    circle = UnitNames([KnownUnit(HA, "xã Một", parent_id=BINH), KnownUnit(BINH, "xã Hai", parent_id=HA)])
    assert circle.find("xã Một, tỉnh Ba") == ()
