from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.units.history import History, predecessors, successors
from app.units.operations import (
    plan_addition,
    plan_change,
    plan_close,
    plan_level,
    plan_merge,
    plan_move,
    plan_recode,
    plan_rename,
    plan_split,
)
from app.units.plans import Move, Plan, UnitEvent
from app.units.troubles import TEXTS, Trouble, UnitRefusedError
from app.units.values import SuccessionKind, UnitLevel
from tests.units.trees import (
    DOCUMENT,
    EMPTY,
    START,
    a_day,
    a_decision,
    a_tree,
    added,
    check_day,
    code_on,
    details_of,
)

TREE = a_tree({"H19": None, "H19.1": "H19", "H19.2": "H19", "H19.1.1": "H19.1"})
PROVINCE, FIRST, SECOND, BELOW = (TREE.find(code, START) for code in ("H19", "H19.1", "H19.2", "H19.1.1"))


def refusal(error: pytest.ExceptionInfo[UnitRefusedError]) -> Trouble:
    return error.value.faults[0].trouble


def done(history: History, plan: Plan) -> History:
    """Return the history after the plan; every day of it must hold."""
    after = plan.applied_to(history)
    for number in range(-1, 30):
        check_day(after, a_day(number))
    return after


def events(plan: Plan) -> list[UnitEvent]:
    return [fact.event for fact in plan.facts]


def test_a_rename_holds_from_its_day_and_not_before() -> None:
    plan = plan_rename(TREE, FIRST, "Ủy ban nhân dân phường Mẫu", a_decision(10))
    after = done(TREE, plan)
    assert after.on(a_day(9))[FIRST].details == TREE.on(a_day(9))[FIRST].details
    assert after.on(a_day(10))[FIRST].details.name == "Ủy ban nhân dân phường Mẫu"
    assert after.on(a_day(10))[FIRST].deciding_document == DOCUMENT
    (fact,) = plan.facts
    assert (fact.event, fact.unit_id, fact.unit_code) == (UnitEvent.RENAMED, FIRST, "H19.1")
    assert fact.changes == (("name", "Ủy ban nhân dân xã H19.1", "Ủy ban nhân dân phường Mẫu"),)


def test_a_new_code_takes_the_place_of_the_old_one() -> None:
    plan = plan_recode(TREE, FIRST, "H19.7", None, a_decision(10))
    after = done(TREE, plan)
    assert (code_on(after, FIRST, 9), code_on(after, FIRST, 10)) == ("H19.1", "H19.7")
    assert events(plan) == [UnitEvent.RECODED]


def test_dossiers_under_an_earlier_code_still_reach_the_desk() -> None:
    after = done(TREE, plan_recode(TREE, FIRST, "H19.7", None, a_decision(10)))
    assert after.units(a_day(10))[FIRST].agency_codes == {"H19.1", "H19.7"}
    assert after.units(a_day(9))[FIRST].agency_codes == {"H19.1"}


def test_an_earlier_code_that_another_bears_today_is_that_ones_alone() -> None:
    moved_on = done(TREE, plan_recode(TREE, FIRST, "H19.7", None, a_decision(10)))
    after = done(moved_on, plan_addition(moved_on, details_of("H19.1", PROVINCE), a_decision(10)))
    assert after.units(a_day(10))[FIRST].agency_codes == {"H19.7"}


def test_a_move_shows_both_parents_by_code() -> None:
    plan = plan_move(TREE, BELOW, SECOND, a_decision())
    assert done(TREE, plan).on(a_day(10))[BELOW].details.parent_id == SECOND
    assert plan.facts[0].changes == (("parent_id", "H19.1", "H19.2"),)
    assert events(plan) == [UnitEvent.MOVED]


def test_a_move_to_the_top_leaves_nothing_above() -> None:
    assert (
        done(TREE, plan_move(TREE, BELOW, None, a_decision())).on(a_day(10))[BELOW].details.parent_id is None
    )


def test_levels_are_dated_too() -> None:
    plan = plan_level(TREE, FIRST, UnitLevel.PROVINCE, a_decision())
    after = done(TREE, plan)
    assert [after.units(a_day(day))[FIRST].level for day in (9, 10)] == [
        UnitLevel.COMMUNE,
        UnitLevel.PROVINCE,
    ]
    assert events(plan) == [UnitEvent.LEVEL_CHANGED]


def test_changing_nothing_is_no_change() -> None:
    plan = plan_change(TREE, FIRST, TREE.on(START)[FIRST].details, a_decision())
    assert (plan.versions, plan.facts) == ((), ())


def test_two_decisions_of_one_day_make_one_version_that_names_both() -> None:
    renamed = done(TREE, plan_rename(TREE, FIRST, "Tên mới", a_decision(10, "1/QĐ")))
    after = done(renamed, plan_move(renamed, FIRST, None, a_decision(10, "2/QĐ")))
    assert len(after.versions[FIRST]) == 2
    assert after.versions[FIRST][-1].deciding_document == "1/QĐ; 2/QĐ"


def test_a_change_of_several_values_is_one_fact() -> None:
    details = details_of("H19.7", None, level=UnitLevel.PROVINCE)
    plan = plan_change(TREE, FIRST, details, a_decision())
    assert events(plan) == [UnitEvent.CHANGED]
    assert {name for name, _, _ in plan.facts[0].changes} == {"name", "agency_code", "level", "parent_id"}


def test_a_decision_before_a_later_change_is_refused() -> None:
    after = done(TREE, plan_rename(TREE, FIRST, "Tên mới", a_decision(10)))
    with pytest.raises(UnitRefusedError) as error:
        plan_rename(after, FIRST, "Tên khác", a_decision(9))
    assert refusal(error) is Trouble.LATER_CHANGE
    assert "2025-07-11" in str(error.value)


def test_a_decision_before_the_unit_begins_is_refused() -> None:
    plan = plan_addition(TREE, details_of("H19.9"), a_decision(5))
    with pytest.raises(UnitRefusedError) as error:
        plan_rename(plan.applied_to(TREE), added(TREE, plan), "Tên", a_decision(4))
    assert refusal(error) is Trouble.NOT_YET_IN_FORCE


@pytest.mark.parametrize("day", [10, 11])
def test_a_unit_that_has_ended_changes_no_more(day: int) -> None:
    after = done(TREE, plan_close(TREE, BELOW, a_decision(10)))
    with pytest.raises(UnitRefusedError) as error:
        plan_rename(after, BELOW, "Tên", a_decision(day))
    assert refusal(error) is Trouble.UNIT_CLOSED


def test_a_unit_that_will_end_may_change_until_then() -> None:
    closing = done(TREE, plan_close(TREE, BELOW, a_decision(10, "1/QĐ")))
    after = done(closing, plan_rename(closing, BELOW, "Tên", a_decision(5, "2/QĐ")))
    last = after.versions[BELOW][-1]
    assert (last.valid_from, last.valid_to, last.ending_document) == (a_day(5), a_day(10), "1/QĐ")
    assert after.versions[BELOW][0].ending_document is None


def test_an_end_is_neither_moved_nor_doubled() -> None:
    after = done(TREE, plan_close(TREE, BELOW, a_decision(10)))
    with pytest.raises(UnitRefusedError) as error:
        plan_close(after, BELOW, a_decision(5))
    assert refusal(error) is Trouble.UNIT_CLOSED


def test_a_unit_with_units_below_cannot_be_closed() -> None:
    with pytest.raises(UnitRefusedError, match=r"H19\.1\.1") as error:
        plan_close(TREE, FIRST, a_decision())
    assert refusal(error) is Trouble.HAS_UNITS_BELOW


def test_a_unit_cannot_end_the_day_something_of_it_begins() -> None:
    with pytest.raises(UnitRefusedError) as error:
        plan_close(TREE, BELOW, a_decision(0))
    assert refusal(error) is Trouble.BEGINS_THAT_DAY


def test_a_closed_units_code_is_free_from_that_day_on() -> None:
    closed = done(TREE, plan_close(TREE, BELOW, a_decision(10)))
    done(closed, plan_addition(closed, details_of("H19.1.1"), a_decision(10)))
    with pytest.raises(UnitRefusedError) as error:
        plan_addition(closed, details_of("H19.1.1"), a_decision(9))
    assert refusal(error) is Trouble.CODE_TAKEN


def test_a_code_that_somebody_bears_later_is_taken_already() -> None:
    later = done(TREE, plan_addition(TREE, details_of("H19.9"), a_decision(10)))
    with pytest.raises(UnitRefusedError, match=r"xã H19\.9"):
        plan_addition(later, details_of("H19.9", name="Xã khác"), a_decision(5))


@pytest.mark.parametrize("parent", [FIRST, BELOW])
def test_nothing_comes_to_stand_below_itself(parent: UUID) -> None:
    with pytest.raises(UnitRefusedError) as error:
        plan_move(TREE, FIRST, parent, a_decision())
    assert refusal(error) is Trouble.CIRCLE


def test_a_circle_on_a_later_day_is_seen_too() -> None:
    planned = done(TREE, plan_move(TREE, FIRST, SECOND, a_decision(20)))
    with pytest.raises(UnitRefusedError) as error:
        plan_move(planned, SECOND, BELOW, a_decision(10))
    assert refusal(error) is Trouble.CIRCLE
    assert "2025-07-21" in str(error.value)


def test_a_parent_must_be_there_all_the_time() -> None:
    closing = done(TREE, plan_close(TREE, BELOW, a_decision(20)))
    for parent in (BELOW, uuid4()):
        with pytest.raises(UnitRefusedError) as error:
            plan_move(closing, SECOND, parent, a_decision(10))
        assert refusal(error) is Trouble.PARENT_NOT_IN_FORCE


def test_a_merger_hands_down_what_stood_below_and_says_what_moves() -> None:
    plan = plan_merge(TREE, [FIRST], SECOND, a_decision())
    after = done(TREE, plan)
    assert FIRST not in after.on(a_day(10))
    assert after.on(a_day(10))[BELOW].details.parent_id == SECOND
    assert plan.moves == (Move(FIRST, SECOND),)
    assert plan.closed == (FIRST,)
    assert events(plan) == [UnitEvent.MOVED, UnitEvent.MERGED]
    assert plan.facts[-1].others == (SECOND,)
    assert after.versions[FIRST][-1].ending_document == DOCUMENT


def test_after_a_merger_dossiers_of_the_former_reach_the_successor() -> None:
    tree = TREE
    for former, into, day in ((BELOW, FIRST, 5), (FIRST, SECOND, 10)):
        tree = done(tree, plan_merge(tree, [former], into, a_decision(day)))
    assert tree.units(a_day(10))[SECOND].agency_codes == {"H19.2", "H19.1", "H19.1.1"}
    assert tree.units(a_day(9))[SECOND].agency_codes == {"H19.2"}
    assert predecessors(SECOND, tree.successions) == {FIRST, BELOW}
    assert successors(BELOW, tree.successions) == {FIRST, SECOND}


def test_several_merge_into_a_new_one_that_may_keep_a_code() -> None:
    plan = plan_merge(TREE, [FIRST, SECOND], details_of("H19.1", PROVINCE, name="Phường Mới"), a_decision())
    new = added(TREE, plan)
    after = done(TREE, plan)
    assert after.find("H19.1", a_day(10)) == new
    assert after.find("H19.1", a_day(9)) == FIRST
    assert after.on(a_day(10))[BELOW].details.parent_id == new
    assert {one.former_unit_id for one in after.successions} == {FIRST, SECOND}


def test_a_parent_may_merge_into_what_stands_below_it() -> None:
    after = done(TREE, plan_merge(TREE, [FIRST, PROVINCE], BELOW, a_decision()))
    assert after.on(a_day(10))[BELOW].details.parent_id is None
    assert after.on(a_day(10))[SECOND].details.parent_id == BELOW


def test_a_split_moves_nothing_and_the_old_unit_may_stay() -> None:
    plan = plan_split(TREE, SECOND, [SECOND, FIRST], a_decision())
    after = done(TREE, plan)
    assert (plan.versions, plan.moves, plan.closed) == ((), (), ())
    assert plan.facts[0].others == (SECOND, FIRST)  # or its record would read like one of a unit that ends
    assert [(one.successor_unit_id, one.kind) for one in after.successions] == [(FIRST, SuccessionKind.SPLIT)]
    assert after.units(a_day(10))[FIRST].agency_codes == {"H19.1"}


def test_a_split_ends_the_unit_that_it_does_not_name() -> None:
    plan = plan_split(TREE, BELOW, [FIRST, SECOND], a_decision())
    assert BELOW not in done(TREE, plan).on(a_day(10))
    assert (plan.moves, plan.closed) == ((), (BELOW,))
    assert plan.facts[0].others == (FIRST, SECOND)


def test_a_split_names_two_units_at_least() -> None:
    with pytest.raises(UnitRefusedError) as error:
        plan_split(TREE, BELOW, [FIRST], a_decision())
    assert refusal(error) is Trouble.TOO_FEW_UNITS


def test_one_split_is_recorded_once() -> None:
    after = done(TREE, plan_split(TREE, SECOND, [SECOND, FIRST], a_decision()))
    with pytest.raises(UnitRefusedError) as error:
        plan_split(after, SECOND, [SECOND, FIRST], a_decision())
    assert refusal(error) is Trouble.SUCCEEDED_ALREADY


def test_a_merger_names_each_unit_once_and_not_the_one_that_receives() -> None:
    for formers, trouble in (([FIRST, FIRST], Trouble.NAMED_TWICE), ([FIRST, SECOND], Trouble.INTO_ITSELF)):
        with pytest.raises(UnitRefusedError) as error:
            plan_merge(TREE, formers, SECOND, a_decision())
        assert refusal(error) is trouble


def test_nothing_merges_into_a_unit_that_will_end() -> None:
    closing = done(TREE, plan_close(TREE, BELOW, a_decision(20)))
    with pytest.raises(UnitRefusedError) as error:
        plan_merge(closing, [SECOND], BELOW, a_decision(10))
    assert refusal(error) is Trouble.UNIT_CLOSED


@pytest.mark.parametrize("document", [None, "", " 1/QĐ", "x" * 101])
def test_a_succession_needs_the_number_of_its_document(document: str | None) -> None:
    with pytest.raises(UnitRefusedError) as error:
        plan_merge(TREE, [FIRST], SECOND, a_decision(10, document))
    assert refusal(error) is Trouble.DOCUMENT_UNFIT


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"name": " "}, Trouble.NAME_MISSING),
        ({"name": "=HYPERLINK(1)"}, Trouble.NAME_UNFIT),
        ({"name": "Văn phòng công chứng Mẫu"}, Trouble.PRIVATE_BODY),
        ({"agency_code": "h19"}, Trouble.CODE_UNFIT),
        ({"agency_code": "000.12.34.H19"}, Trouble.CODE_IN_OLD_FORM),
        ({"legacy_agency_code": "12"}, Trouble.CODE_UNFIT),
        ({"serves": frozenset({"12"})}, Trouble.CODE_UNFIT),
        ({"ward_code": "99999"}, Trouble.WARD_UNKNOWN),
        ({"ward_code": "00001"}, Trouble.WARD_UNKNOWN),  # a former ward's only
        ({"legacy_ward_code": "11948"}, Trouble.LEGACY_WARD_UNKNOWN),  # a present ward's only
    ],
)
def test_words_and_codes_must_be_fit(changes: dict[str, Any], trouble: Trouble) -> None:
    with pytest.raises(UnitRefusedError) as error:
        plan_addition(EMPTY, replace(details_of("H19.5"), **changes), a_decision())
    assert refusal(error) is trouble


def test_wards_of_both_kinds_are_kept() -> None:
    details = details_of("H19.5", ward_code="00004", legacy_ward_code="00001")
    plan = plan_addition(EMPTY, details, a_decision())
    unit = plan.applied_to(EMPTY).units(a_day(10))[added(EMPTY, plan)]
    assert (unit.ward_code, unit.legacy_ward_code) == ("00004", "00001")


def test_an_old_code_that_two_bear_names_neither_and_a_new_one_names_its_own() -> None:
    tree = EMPTY
    for code in ("H19.5", "H19.6"):
        details = details_of(code, legacy_agency_code="000.00.05.H19")
        tree = plan_addition(tree, details, a_decision(0)).applied_to(tree)
    with pytest.raises(UnitRefusedError) as error:
        tree.find("000.00.05.H19", START)
    assert refusal(error) is Trouble.UNIT_AMBIGUOUS
    assert tree.find("H19.5", START) != tree.find("H19.6", START)


def test_every_trouble_has_its_sentences_in_both_languages() -> None:
    assert set(TEXTS) == set(Trouble)
    for vietnamese, english in TEXTS.values():
        assert all((vietnamese.wrong, vietnamese.mend, english.wrong, english.mend))
        assert vietnamese != english
