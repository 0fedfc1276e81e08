import pytest

from app.units.names import fold, is_presentable, is_private


@pytest.mark.parametrize(
    "name",
    [
        "Văn phòng công chứng Nguyễn Văn Mẫu",
        "VĂN PHÒNG CÔNG CHỨNG MẪU",
        "Văn phòng Công chứng",
        "VPCC Mẫu",
        "Công ty TNHH Mẫu",
        "Tổng công ty Mẫu",
        "Ngân hàng thương mại cổ phần Mẫu",
        "Doanh nghiệp tư nhân Mẫu",
        "Hợp tác xã Mẫu",
        "Hộ kinh doanh Mẫu",
        "Văn phòng thừa phát lại Mẫu",
        "Trường mầm non tư nhân Mẫu",
    ],
)
def test_private_bodies_are_known_by_their_names(name: str) -> None:
    assert is_private(name)


@pytest.mark.parametrize(
    "name",
    [
        "Ủy ban nhân dân xã Mẫu",
        "Phòng Công chứng số 1",
        "Phòng Đăng ký kinh doanh và Hỗ trợ doanh nghiệp",
        "Liên minh Hợp tác xã tỉnh Mẫu",
        "Sở Tư pháp",
        "Ngân hàng Chính sách xã hội",
        "Ủy ban nhân dân xã Công Tyên",
    ],
)
def test_agencies_are_not_taken_for_private_bodies(name: str) -> None:
    assert not is_private(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " Xã",
        "Xã ",
        "=1+1",
        "+84",
        "-1",
        "@tên",
        "Xã\nMẫu",
        "Xã\u200bMẫu",
        "Xã\u202eMẫu",
        "Xa\u0303 Mẫu",
        "x" * 301,
    ],
)
def test_names_that_lists_and_spreadsheets_would_stumble_over_are_unfit(name: str) -> None:
    assert not is_presentable(name)


def test_spellings_of_one_word_fold_to_one() -> None:
    assert fold("  Đơn  VỊ ") == fold("don vi") == "don vi"
