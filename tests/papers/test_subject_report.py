"""The report to a citizen as people read it: on as many pages as it takes, nothing cut."""

from tests.papers.papers import LONG_UNIT
from tests.papers.subjects import LONG_DOSSIER, a_long_row, a_report, a_row
from tests.papers.test_papers import opened, squeezed, texts


def test_a_long_report_repeats_its_header_and_numbers_its_pages() -> None:
    pages = texts(a_report(*(a_row(number) for number in range(200))))
    assert len(pages) > 20
    for number, page in enumerate(pages, start=1):
        assert f"Báo cáo số 2026-00012 – Trang {number}/{len(pages)}" in page
    with_looks = [page for page in pages if "Ủy ban nhân dân xã Mẫu" in page]
    assert all(page.count("Cơ quan đã tra cứu") == 1 for page in with_looks)
    last = squeezed("".join(pages[-3:]))
    for said in ("200", "08:03:19", "cơ quan kiểm tra", "KHÔNG", "khiếu nại", "0123456789abcdef"):
        assert squeezed(said) in last, said


def test_long_names_and_wide_codes_wrap_and_stay_in_their_cells() -> None:
    content = a_report(a_long_row(1), a_row(2))
    whole = squeezed("".join(texts(content)))
    assert whole.count(squeezed(LONG_UNIT)) == 3
    assert squeezed(LONG_DOSSIER) in whole
    with opened(content) as document:
        for page in document:
            boxes = [item.get_bounds() for item in page.get_objects(filter=[1])]
            assert boxes
            assert all(
                left > 0 and bottom > 0 and right < page.get_width() and top < page.get_height()
                for left, bottom, right, top in boxes
            )


def test_a_row_higher_than_a_page_goes_on_on_the_next() -> None:
    pages = texts(a_report(a_row(1, shown="Hỏi: " + "Nơi thường trú; " * 400)))
    assert "".join(pages).count("thường") == 401  # once in the procedure's name


def test_nobody_looked_is_said() -> None:
    assert squeezed("Không có lượt tra cứu nào") in squeezed("".join(texts(a_report())))


def test_the_same_facts_give_the_same_bytes() -> None:
    assert a_report(a_row(1)) == a_report(a_row(1))
