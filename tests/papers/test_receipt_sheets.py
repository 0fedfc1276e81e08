"""Receipts as people read them: nothing missing, nothing cut, nothing of the citizen where none belongs."""

import pytest

from app.papers.confirmation import draw_confirmation
from app.papers.receipt_sheet import SheetTooLongError
from app.papers.values import Line
from tests.papers.papers import LONG_NAME, LONG_UNIT
from tests.papers.receipts import (
    ADDRESS,
    CITIZEN,
    MARKS,
    PAPERS,
    RECEIPT_ID,
    a_confirmation,
    a_refusal,
    an_asked,
    shows_square,
)
from tests.papers.test_papers import opened, squeezed, texts

ASKED = (
    "UBND XÃ MẪU",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Ngày 22 tháng 11 năm 2026",
    "10:04:05 ngày 22/11/2026 (giờ Việt Nam)",
    "Nguyễn Thị Tiếp Nhận",
    "1.004194 – Thủ tục thử nghiệm",
    "H19.34.12-230301-0001",
    "01a200d1-6d2a-735c-817b-ae193d61e456",
    f"Mã phiếu: {RECEIPT_ID}",
    ADDRESS,
    "Chứng thư: Cổng tra cứu thông tin cư trú H19",
    "Trang 1/1",
    "Công an cấp xã",
    "02 ngày làm việc",
    "Điều 14 Nghị định 104/2022/NĐ-CP",
)


def test_a_confirmation_says_who_looked_whom_up_when_and_what_for() -> None:
    (page,) = texts(a_confirmation())
    facts = [text for line in CITIZEN for text in (line.label, line.text)]
    for said in (*ASKED, *facts, "Điều 41 Nghị định 47/2020/NĐ-CP", "không có lịch sử cư trú"):
        assert squeezed(said) in squeezed(page), said


def test_a_refusal_says_why_and_which_papers_and_no_citizen() -> None:
    (page,) = texts(a_refusal())
    for said in (*ASKED, "Cơ sở dữ liệu quốc gia không trả lời.", *PAPERS, "VNeID"):
        assert squeezed(said) in squeezed(page), said
    assert not any(squeezed(line.text) in squeezed(page) for line in CITIZEN)


def test_both_show_the_square_of_their_address() -> None:
    for content in (a_confirmation(), a_refusal()):
        assert shows_square(content, ADDRESS)
        assert not shows_square(content, ADDRESS.replace("f", "e"))


def test_long_texts_go_on_to_the_next_page_and_are_not_cut() -> None:
    longest = [Line("Chủ hộ", f"{number}: {LONG_UNIT * 12}") for number in range(4)]
    content = a_confirmation(*longest, officer_name=LONG_NAME, unit_name=LONG_UNIT)
    pages = texts(content)
    whole = squeezed("".join(pages)).replace("\u0306", "")
    assert len(pages) > 1
    for said in (LONG_NAME.replace("Ê̆", "Ê"), *(f"{number}: {LONG_UNIT[:20]}" for number in range(4))):
        assert squeezed(said) in whole
    for number, page in enumerate(pages, start=1):
        assert f"Trang {number}/{len(pages)}" in page


def test_nothing_stands_off_the_page() -> None:
    with opened(a_confirmation(*CITIZEN, Line("Nơi ở hiện tại", "x" * 400))) as document:
        for page in document:
            boxes = [item.get_bounds() for item in page.get_objects(filter=[1])]
            assert boxes
            assert all(
                left > 0 and bottom > 0 and right < page.get_width() and top < page.get_height()
                for left, bottom, right, top in boxes
            )


def test_more_than_any_record_holds_is_not_drawn() -> None:
    with pytest.raises(SheetTooLongError):
        a_confirmation(Line("Nơi thường trú", "x" * 20_001))


def test_where_no_field_was_asked_for_it_says_so() -> None:
    (page,) = texts(draw_confirmation(an_asked(), (), MARKS))
    assert squeezed("không yêu cầu trường thông tin nào") in squeezed(page)


def test_the_same_facts_give_the_same_bytes() -> None:
    assert a_confirmation() == a_confirmation()
    assert a_refusal() == a_refusal()


def test_what_is_printed_in_a_log_shows_neither_citizen_nor_id() -> None:
    assert "099190000017" not in repr(CITIZEN)
