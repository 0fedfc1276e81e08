import pytest

from app.lookup.values import BirthDate, CitizenId, FullName, OldIdNumber


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (CitizenId("099190000017"), "*********017"),
        (OldIdNumber("990000017"), "******017"),
        (FullName("Trần Văn Thử"), "***"),
        (BirthDate(1990, 5, 9), "****"),
        (BirthDate(1990), "****"),
    ],
)
def test_no_part_of_a_question_prints_whole(value: object, printed: str) -> None:
    assert str(value) == printed
    assert repr(value) == f"{type(value).__name__}()"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (BirthDate(1990, 5, 9), "1990-05-09"),
        (BirthDate(2026, 12, 31), "2026-12-31"),
        (BirthDate(987, 10, 1), "0987-10-01"),
        (BirthDate(1000), "1000"),
        (BirthDate(999), "0999"),
        (BirthDate(1990, 5), "1990"),
    ],
    ids=["day", "late", "before_1000", "year", "early_year", "month_only"],
)
def test_a_birth_date_is_written_as_far_as_it_is_known(value: BirthDate, written: str) -> None:
    assert value.iso == written
