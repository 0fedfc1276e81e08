import hashlib

import pytest

from app.lookup.receipt_lines import citizen_lines
from app.lookup.receipt_values import ReceiptId


def test_an_id_is_random_and_comes_back_from_its_text() -> None:
    one, other = ReceiptId.generate(), ReceiptId.generate()
    assert one != other
    assert len(one.secret) == 16
    assert ReceiptId.parse(one.text) == one


@pytest.mark.parametrize("text", ["", "0" * 31, "0" * 33, "G" * 32, "A" * 32, "0" * 31 + "\n", "٠" * 32])
def test_what_is_no_id_is_none(text: str) -> None:
    assert ReceiptId.parse(text) is None


def test_neither_digest_shows_the_id_and_each_id_digests_otherwise() -> None:
    one, other, content = ReceiptId.generate(), ReceiptId.generate(), b"%PDF"
    assert len({one.digest, other.digest, one.digest_of(content), other.digest_of(content)}) == 4
    assert hashlib.sha256(content).digest() != one.digest_of(content)
    assert one.digest_of(content) == ReceiptId(one.secret).digest_of(content)
    assert one.digest_of(content) != one.digest_of(content + b" ")
    assert one.text not in repr(one)


def test_only_what_was_shown_is_printed_in_the_catalogues_order() -> None:
    shown: dict[str, object] = {
        "birth_date": {"value": "1990-05-09", "precision": "day"},
        "full_name": "TRẦN VĂN THỬ",
        "current_residence": None,
        "permanent_residence": {
            "line": "Thôn Mẫu Một",
            "commune_code": "99111",
            "district_code": None,
            "province_code": "99",
            "country_code": "VN",
            "added_later": "not printed",
        },
    }
    lines = [(line.label, line.text) for line in citizen_lines(shown)]
    assert lines == [
        ("Họ, chữ đệm và tên", "TRẦN VĂN THỬ"),
        ("Ngày, tháng, năm sinh", "09/05/1990"),
        ("Nơi thường trú", "Thôn Mẫu Một, mã xã 99111, mã tỉnh 99, mã nước VN"),
        ("Nơi ở hiện tại", "Không có trong dữ liệu"),
    ]


def test_a_year_and_a_person_are_printed_as_they_are_known() -> None:
    shown: dict[str, object] = {
        "birth_date": {"value": "1950", "precision": "year"},
        "household_head": {
            "full_name": "LÊ THỊ CHỦ",
            "id_number": "099170000018",
            "old_id_number": None,
            "nationality": None,
        },
    }
    assert [line.text for line in citizen_lines(shown)] == ["1950", "LÊ THỊ CHỦ, số định danh 099170000018"]
