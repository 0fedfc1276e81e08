import itertools

import pytest

from app.audit.record import Outcome
from app.lookup.paper import PaperReason, rule_paper
from app.lookup.texts import NOTICES, OUTCOME_MESSAGES, PAPER_ADVICE, PAPER_REASONS, Notice

BOTH = (False, True)
AGAIN = {
    Outcome.NOT_FOUND: PaperReason.NOT_FOUND_ENTER_AGAIN,
    Outcome.MISMATCH: PaperReason.MISMATCH_ENTER_AGAIN,
}


@pytest.mark.parametrize(("was_entered_again", "must_enter_again"), [*itertools.product(BOTH, BOTH)])
@pytest.mark.parametrize("outcome", [Outcome.FOUND, Outcome.NOT_PERMITTED, Outcome.UNKNOWN])
def test_what_says_nothing_about_the_citizen_never_opens_paper(
    outcome: Outcome,
    was_entered_again: bool,  # noqa: FBT001 - a column
    must_enter_again: bool,  # noqa: FBT001 - a column
) -> None:
    ruling = rule_paper(outcome, was_entered_again=was_entered_again, must_enter_again=must_enter_again)
    assert (ruling.may_ask, ruling.because.value) == (False, outcome.value)


@pytest.mark.parametrize(("was_entered_again", "must_enter_again"), [*itertools.product(BOTH, BOTH)])
@pytest.mark.parametrize("outcome", [Outcome.UPSTREAM_UNAVAILABLE, Outcome.UPSTREAM_CONFUSED])
def test_a_national_side_that_fails_always_opens_paper(
    outcome: Outcome,
    was_entered_again: bool,  # noqa: FBT001 - a column
    must_enter_again: bool,  # noqa: FBT001 - a column
) -> None:
    ruling = rule_paper(outcome, was_entered_again=was_entered_again, must_enter_again=must_enter_again)
    assert (ruling.may_ask, ruling.because.value) == (True, outcome.value)


@pytest.mark.parametrize(
    ("was_entered_again", "must_enter_again", "may_ask"),
    [(False, True, False), (True, True, True), (False, False, True), (True, False, True)],
)
@pytest.mark.parametrize("outcome", [Outcome.NOT_FOUND, Outcome.MISMATCH])
def test_nobody_found_opens_paper_once_entered_again_or_where_that_is_not_demanded(
    outcome: Outcome,
    was_entered_again: bool,  # noqa: FBT001 - a column
    must_enter_again: bool,  # noqa: FBT001 - a column
    may_ask: bool,  # noqa: FBT001 - a column
) -> None:
    ruling = rule_paper(outcome, was_entered_again=was_entered_again, must_enter_again=must_enter_again)
    because = PaperReason(outcome.value) if may_ask else AGAIN[outcome]
    assert (ruling.may_ask, ruling.because) == (may_ask, because)


def test_every_outcome_has_a_ruling_and_every_reason_is_given_once() -> None:
    reasons = {
        rule_paper(outcome, was_entered_again=again, must_enter_again=True).because
        for outcome, again in itertools.product(Outcome, BOTH)
    }
    changed = {
        rule_paper(
            Outcome.MISMATCH, was_entered_again=again, must_enter_again=True, is_number_changed=True
        ).because
        for again in BOTH
    }
    assert not reasons & changed
    assert reasons | changed == set(PaperReason)


def test_whatever_opens_paper_also_says_what_the_citizen_can_do() -> None:
    opening = {
        ruling.because
        for outcome, changed in itertools.product(Outcome, BOTH)
        if (
            ruling := rule_paper(
                outcome, was_entered_again=True, must_enter_again=True, is_number_changed=changed
            )
        ).may_ask
    }
    assert PaperReason.NUMBER_CHANGED in opening
    assert opening <= PAPER_ADVICE.keys()


def test_no_reason_says_that_data_was_entered_again_where_a_province_does_not_ask_for_it() -> None:
    for reason in (PaperReason.NOT_FOUND, PaperReason.MISMATCH, PaperReason.NUMBER_CHANGED):
        said = PAPER_REASONS[reason]
        assert ("nhập lại" in said["vi"], "again" in said["en"]) == (False, False)


def test_every_reason_and_notice_has_words_in_both_languages() -> None:
    assert set(PAPER_REASONS) == set(PaperReason)
    assert set(NOTICES) == set(Notice)
    for words in [*PAPER_REASONS.values(), *NOTICES.values(), *OUTCOME_MESSAGES.values()]:
        assert words.keys() == {"vi", "en"}
        assert all(words.values())
