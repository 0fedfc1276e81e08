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
