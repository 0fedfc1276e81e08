import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.units.codes import canonical_agency_code, is_agency_code, is_new_code, old_form

_PARTS = [st.from_regex(rf"[0-9A-Z]{{{length}}}", fullmatch=True) for length in (2, 2, 3)]


@pytest.mark.parametrize("code", ["H19", "H19.12.3", "H26.107", "G15.0", "Z99.ABC", "A01.12.34.H19", "Y00"])
def test_codes_of_decision_20_2020_are_new_codes(code: str) -> None:
    assert is_new_code(code)
    assert is_agency_code(code)


@pytest.mark.parametrize("code", ["000.00.00.H19", "000.A0.01.H26"])
def test_the_old_form_is_a_code_but_no_new_one(code: str) -> None:
    assert is_agency_code(code)
    assert not is_new_code(code)


@pytest.mark.parametrize(
    "code",
    ["", "H1", "h19", "H19.", "H19..1", " H19", "H19\n", "19.34", "Z9", "000.12.34.Z19", "H19.Đ1", "H19-1"],
)
def test_anything_else_is_no_code(code: str) -> None:
    assert not is_agency_code(code)


def test_a_code_has_at_most_35_characters() -> None:
    assert is_new_code("H19." + "1" * 31)
    assert not is_new_code("H19." + "1" * 32)


@pytest.mark.parametrize(
    ("code", "old"),
    [
        ("H19", "000.00.00.H19"),
        ("H19.34", "000.00.34.H19"),
        ("H19.34.12", "000.12.34.H19"),
        ("H19.34.12.567", "567.12.34.H19"),
        ("H19.00.12", "000.12.00.H19"),
    ],
)
def test_a_new_code_of_the_old_lengths_has_an_old_form(code: str, old: str) -> None:
    assert old_form(code) == old


@pytest.mark.parametrize(
    "code", ["H26.107", "H19.1", "H19.34.12.567.8", "H19.34.00", "Z01.12", "000.12.34.H19"]
)
def test_where_the_rule_does_not_reach_no_old_form_is_made_up(code: str) -> None:
    assert old_form(code) is None


@given(st.tuples(*_PARTS), st.integers(0, 3))
def test_an_old_form_always_leads_back(parts: tuple[str, ...], depth: int) -> None:
    code = ".".join(("H19", *parts[:depth]))
    old = old_form(code)
    assert old is None or canonical_agency_code(old) == code
