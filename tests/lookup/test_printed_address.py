"""The address on the card beside the national record's: the same, another, or not sure."""

import pytest

from app.lookup.printed_address import printed_address_differs
from app.lookup.values import Address

NATIONAL = "SỐ 5 ĐƯỜNG THỬ, XÃ MẪU, HUYỆN MẪU, TỈNH MẪU"


@pytest.mark.parametrize(
    "printed",
    [
        NATIONAL,
        "Số 5 đường Thử, Xã Mẫu, Huyện Mẫu, Tỉnh Mẫu",
        "5 Thử, Mẫu, Mẫu, Mẫu",
        "So 5 duong Thu, xa Mau, huyen Mau, tinh Mau",
        "05 Đường Thử - X. Mẫu - H. Mẫu - T. Mẫu",
        "Số 5 đường Thử, Tổ 7, Xã Mẫu, Huyện Mẫu, Tỉnh Mẫu",
    ],
)
def test_an_address_written_another_way_is_the_same(printed: str) -> None:
    assert printed_address_differs(printed, Address(NATIONAL)) is False


@pytest.mark.parametrize("printed", ["12 Lê Lợi, Phường Bến, Thành phố Khác", "Thôn Mẫu Hai, Xã Khác"])
def test_a_house_or_hamlet_that_is_not_printed_is_another_address(printed: str) -> None:
    assert printed_address_differs(printed, Address("Tổ 5, ấp Thử, xã Xa")) is True


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        ("Số 7 đường Thử, Xã Mẫu", NATIONAL),
        ("Số 5 đường Thử, Xã Cũ", NATIONAL),
        ("Xã", NATIONAL),
        ("", NATIONAL),
        ("Số 5 đường Thử", None),
        ("Số 5 đường Thử", ""),
        ("Số 5 đường Thử", "Tổ, xã Mẫu"),
    ],
)
def test_what_agrees_in_part_or_says_nothing_is_not_sure(printed: str, line: str | None) -> None:
    assert printed_address_differs(printed, Address(line)) is None
