import unicodedata

import pytest

from app.errors import ProblemCode
from app.lookup.paper import PaperReason
from app.lookup.texts import PAPER_ADVICE
from app.web.papers import ADVICE, PAPER_NAMES, Advice, Paper, paper_body
from app.web.problem_texts import Language
from app.web.problems import problem_body

LANGUAGES: tuple[Language, ...] = ("vi", "en")


def test_every_paper_and_every_advice_has_words_in_both_languages() -> None:
    assert (set(PAPER_NAMES), set(ADVICE)) == (set(Paper), set(Advice))
    for words in (*PAPER_NAMES.values(), *ADVICE.values()):
        assert set(words) == set(LANGUAGES)
        assert unicodedata.is_normalized("NFC", words["vi"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_four_papers_are_named_in_the_language_asked_for_only_where_one_may_be_asked(
    language: Language,
) -> None:
    opened = paper_body(may_ask=True, because="x", language=language)
    assert [paper["code"] for paper in opened["which"]] == [
        "citizen_card",
        "old_id_card",
        "ct07_confirmation",
        "id_notice",
    ]
    assert [paper["name"] for paper in opened["which"]] == [name[language] for name in PAPER_NAMES.values()]
    assert paper_body(may_ask=False, because="x", language=language)["which"] == []


def test_a_national_side_that_fails_points_to_vneid_and_other_problems_to_nothing() -> None:
    for code, advised in (
        (ProblemCode.UPSTREAM_UNAVAILABLE, ["show_in_vneid"]),
        (ProblemCode.UPSTREAM_CONFUSED, ["show_in_vneid"]),
        (ProblemCode.AUDIT_UNAVAILABLE, []),
        (ProblemCode.TOO_MANY_LOOKUPS, []),
    ):
        paper = problem_body(code, "en")["paper"]
        assert [one["code"] for one in paper["advice"]] == advised


def test_missing_or_wrong_data_points_to_the_commune_police_and_nothing_is_advised_too_early() -> None:
    police = {reason for reason, advice in PAPER_ADVICE.items() if Advice.CORRECT_AT_COMMUNE_POLICE in advice}
    assert police == {
        PaperReason.FOUND,
        PaperReason.NOT_FOUND,
        PaperReason.MISMATCH,
        PaperReason.NUMBER_CHANGED,
    }
    assert PaperReason.NOT_FOUND_ENTER_AGAIN not in PAPER_ADVICE
    assert "02 ngày làm việc" in ADVICE[Advice.CORRECT_AT_COMMUNE_POLICE]["vi"]
