"""The language of an answer: Vietnamese unless English is preferred."""

import pytest

from app.web.problems import language_of


@pytest.mark.parametrize(
    "header",
    [
        None, "", "vi", "vi-VN", "vi, en", "en;q=0.5, vi", "en;q=0", "en;q=0, vi", "fr", "*", "xx" * 10_000,
        "envy", "en;q=nonsense", "en;q=2", "en;level=1", ",;=,", "\xff", "vi;q=0.9, en;q=0.8",
    ],
)  # fmt: skip
def test_vietnamese_is_spoken(header: str | None) -> None:
    assert language_of(header) == "vi"


@pytest.mark.parametrize(
    "header",
    [
        "en", "EN-us", "en, vi", "vi;q=0.5, en", "fr, en;q=0.1", "en-GB;q=0.9,vi;q=0.1", "vi;q=0, en;q=0.001",
        "en ; q=1.0", "en;Q=0.8",
    ],
)  # fmt: skip
def test_english_is_spoken_where_it_is_preferred(header: str) -> None:
    assert language_of(header) == "en"
