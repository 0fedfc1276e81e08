from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pytest

from app.papers.handover import draw_handover
from app.papers.slips import draw_slips
from app.papers.values import Slip
from tests.papers.papers import CODE, LONG_LOGIN, LONG_NAME, LONG_UNIT, a_handover, a_slip

ADDRESS = "https://tracuu.mau.example/kich-hoat"
_HALF_PAGE = 421


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    document = pypdfium2.PdfDocument(content)
    try:
        yield document
    finally:
        document.close()


def texts(content: bytes) -> list[str]:
    with opened(content) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def squeezed(text: str) -> str:
    return "".join(text.split())


def slips(*drawn: Slip) -> bytes:
    return draw_slips(drawn, authority_name="Sở Khoa học và Công nghệ", activation_address=ADDRESS)


def test_a_slip_says_who_what_until_when_and_how() -> None:
    (page,) = texts(slips(a_slip()))
    for said in (
        "Người nhận: Trần Văn Thử",
        "UBND xã Mẫu",
        "thu.tv",
        CODE,
        "23 giờ 59 ngày 06/12/2026",
        ADDRESS,
    ):
        assert squeezed(said) in squeezed(page)


def test_long_names_are_not_cut() -> None:
    (page,) = texts(slips(a_slip(full_name=LONG_NAME, login_name=LONG_LOGIN, unit_name=LONG_UNIT)))
    for said in (LONG_NAME.replace("Ê̆", "Ê"), LONG_UNIT, LONG_LOGIN, CODE):
        assert squeezed(said) in squeezed(page.replace("\u0306", ""))


def test_nothing_of_a_slip_stands_on_its_neighbour_or_off_the_page() -> None:
    longest = a_slip(full_name=LONG_NAME, login_name=LONG_LOGIN, unit_name=f"{LONG_UNIT} {LONG_UNIT}")
    with opened(slips(longest)) as document:
        page = document[0]
        boxes = [item.get_bounds() for item in page.get_objects(filter=[1])]
        assert boxes
        # The hint beside the cutting line is the one text that stands below it.
        low = [box for box in boxes if box[1] < _HALF_PAGE - 3]
        assert len(low) == 1
        assert all(
            left > 0 and right < page.get_width() and top < page.get_height() for left, _, right, top in boxes
        )


def test_two_slips_fit_on_a_page_and_the_order_is_kept() -> None:
    drawn = [a_slip(number=f"2026-{number:04}") for number in range(1, 6)]
    pages = texts(slips(*drawn))
    assert [[drawn[index].number in page for index in range(5)] for page in pages] == [
        [True, True, False, False, False],
        [False, False, True, True, False],
        [False, False, False, False, True],
    ]


def test_the_same_facts_give_the_same_bytes() -> None:
    assert slips(a_slip()) == slips(a_slip())
    assert draw_handover(a_handover(3)) == draw_handover(a_handover(3))


def test_a_slip_that_is_printed_in_a_log_does_not_show_its_code() -> None:
    assert CODE not in repr(a_slip())


def test_a_handover_record_lists_all_and_asks_for_signatures() -> None:
    whole = squeezed("".join(texts(draw_handover(a_handover(40)))))
    for said in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Mẫu, ngày 05 tháng 11 năm 2026",
        "Số: 12/BBBG-SKHCN",
        "BIÊN BẢN BÀN GIAO",
        "Công văn số 159/STTTT-CNTTVT",
        "Lê Văn Giao, Chuyên viên",
        "2026-0001",
        "2026-0040",
        "Tổng số: 40 phiếu",
        "BÊN NHẬN",
        "BÊN GIAO",
        "Ký nhận",
        LONG_UNIT,
    ):
        assert squeezed(said) in whole, said


def test_a_handover_record_numbers_its_pages_and_repeats_its_header() -> None:
    pages = texts(draw_handover(a_handover(20)))
    for number, page in enumerate(pages, start=1):
        assert f"Trang {number}/{len(pages)}" in page
    assert all("Tên đăng nhập" in page for page in pages[:-1])


@pytest.mark.parametrize("draw", [slips, lambda: draw_handover(a_handover(0))], ids=["slips", "handover"])
def test_nothing_to_hand_over_makes_no_paper(draw: Any) -> None:
    with pytest.raises(ValueError, match="there"):
        draw()


def test_every_letter_is_embedded_and_shown() -> None:
    alphabet = "ĂẮẰẲẴẶÂẤẦẨẪẬĐÊẾỀỂỄỆÔỐỒỔỖỘƠỚỜỞỠỢƯỨỪỬỮỰỲÝỶỸỴăắằẳẵặâấầẩẫậđêếềểễệôốồổỗộơớờởỡợưứừửữựỳýỷỹỵ"
    (page,) = texts(slips(a_slip(full_name=alphabet, login_name="a" * 64)))
    assert alphabet in squeezed(page)
