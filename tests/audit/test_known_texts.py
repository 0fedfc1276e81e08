"""Texts that were looked at once."""

from app.audit.known_texts import LONGEST_REMEMBERED, KnownTexts


class _Rule:
    """Lets what is written in capitals pass, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> bool:
        self.asked.append(text)
        return text.isupper()


def test_what_passed_is_not_looked_at_again_and_what_did_not_is() -> None:
    rule = _Rule()
    known = KnownTexts(rule)
    assert [known.passes(text) for text in ("A", "b", "A", "b")] == [True, False, True, False]
    assert rule.asked == ["A", "b", "b"]


def test_all_are_known_once_each_of_them_passed() -> None:
    known = KnownTexts(str.isupper)
    assert known.has_all([])
    assert not known.has_all(["A", "B"])
    for text in ("A", "B", "c"):
        known.passes(text)
    assert known.has_all(["A", "B"])
    assert not known.has_all(["A", "c"])


def test_no_more_than_so_many_are_remembered() -> None:
    known = KnownTexts(str.isupper, most=2)
    for text in ("A", "B", "C"):
        assert known.passes(text)
    assert known.has_all(["C"])
    assert not any(known.has_all([text]) for text in ("A", "B"))


def test_long_texts_pass_and_are_not_remembered() -> None:
    known = KnownTexts(str.isupper)
    longest = "A" * LONGEST_REMEMBERED
    assert known.passes(longest)
    assert known.passes(longest + "A")
    assert known.has_all([longest])
    assert not known.has_all([longest + "A"])
