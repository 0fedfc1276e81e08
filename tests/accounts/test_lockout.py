from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.lockout import (
    Guard,
    LockRules,
    after_failure,
    is_locked,
    taken_back,
)

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
RULES = LockRules()
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def a_guard(
    failures: int = 0,
    lock_count: int = 0,
    last_failure_at: datetime = NOON,
    locked_until: datetime | None = None,
) -> Guard:
    return Guard(failures, lock_count, last_failure_at, locked_until)


def after_failures(guard: Guard | None, count: int, now: datetime, rules: LockRules = RULES) -> Guard:
    for _ in range(count):
        guard = after_failure(guard, now, rules)
    assert guard is not None
    return guard


# Locking


def test_four_failures_do_not_lock() -> None:
    guard = after_failures(None, 4, NOON)
    assert guard == a_guard(failures=4)
    assert not is_locked(guard, NOON)


def test_the_fifth_failure_locks_for_five_minutes() -> None:
    guard = after_failures(None, 5, NOON)
    assert guard == a_guard(lock_count=1, locked_until=NOON + 5 * MINUTE)
    assert is_locked(guard, NOON)
    assert is_locked(guard, NOON + 5 * MINUTE - SECOND)
    assert not is_locked(guard, NOON + 5 * MINUTE)


def test_the_first_failure_is_one_failure() -> None:
    assert after_failure(None, NOON, RULES) == a_guard(failures=1)


def test_nobody_is_locked_who_never_failed() -> None:
    assert not is_locked(None, NOON)


def test_failures_a_window_apart_do_not_add_up() -> None:
    almost = a_guard(failures=4)
    assert after_failure(almost, NOON + 15 * MINUTE, RULES) == a_guard(
        failures=1, last_failure_at=NOON + 15 * MINUTE
    )
    assert after_failure(almost, NOON + 15 * MINUTE - SECOND, RULES).lock_count == 1


def test_the_window_runs_from_the_last_failure() -> None:
    guard: Guard | None = None
    for count in range(5):
        guard = after_failure(guard, NOON + count * 14 * MINUTE, RULES)
    assert is_locked(guard, NOON + 56 * MINUTE)


def test_tries_during_a_lock_change_nothing() -> None:
    guard = after_failures(None, 5, NOON)
    assert after_failure(guard, NOON + 4 * MINUTE, RULES) == guard


def test_after_a_lock_there_are_five_tries_again() -> None:
    guard = after_failures(None, 5, NOON)
    later = NOON + 5 * MINUTE
    assert after_failure(guard, later, RULES) == a_guard(failures=1, lock_count=1, last_failure_at=later)
    assert not is_locked(after_failures(guard, 4, later), later)
    assert is_locked(after_failures(guard, 5, later), later)


def test_each_lock_lasts_twice_as_long_up_to_twelve_hours() -> None:
    guard: Guard | None = None
    now = NOON
    durations = []
    for _ in range(10):
        guard = after_failures(guard, 5, now)
        assert guard.locked_until is not None
        durations.append((guard.locked_until - now) // MINUTE)
        now = guard.locked_until
    assert durations == [5, 10, 20, 40, 80, 160, 320, 640, 720, 720]


def test_a_lock_that_would_double_past_the_longest_is_the_longest() -> None:
    rules = LockRules(first_lock=5 * MINUTE, longest_lock=12 * MINUTE)
    assert [rules.lock_after(count) // MINUTE for count in range(4)] == [5, 10, 12, 12]


def test_a_day_without_failure_forgets_earlier_locks() -> None:
    guard = a_guard(lock_count=3)
    later = NOON + 24 * HOUR
    assert after_failure(guard, later, RULES) == a_guard(failures=1, last_failure_at=later)
    assert after_failure(guard, later - SECOND, RULES).lock_count == 3


def test_the_day_begins_when_the_lock_ends() -> None:
    guard = a_guard(lock_count=9, locked_until=NOON + 12 * HOUR)
    assert after_failure(guard, NOON + 36 * HOUR - SECOND, RULES).lock_count == 9
    assert after_failure(guard, NOON + 36 * HOUR, RULES).lock_count == 0


def test_a_later_failure_puts_off_forgetting() -> None:
    guard = a_guard(lock_count=2, last_failure_at=NOON + HOUR, locked_until=NOON)
    assert after_failure(guard, NOON + 24 * HOUR, RULES).lock_count == 2
    assert after_failure(guard, NOON + 25 * HOUR, RULES).lock_count == 0


def test_the_suggested_values_of_tcvn_14423_can_be_set() -> None:
    rules = LockRules(first_lock=12 * HOUR, longest_lock=timedelta(days=30))
    guard = after_failures(None, 5, NOON, rules)
    assert guard.locked_until == NOON + 12 * HOUR
    guard = after_failures(guard, 5, NOON + 12 * HOUR, rules)
    assert guard.locked_until == NOON + 36 * HOUR


# What was counted, and was no failure


def test_a_try_taken_back_leaves_what_was_before() -> None:
    before, after = a_guard(2), a_guard(3, last_failure_at=NOON + MINUTE)
    assert taken_back(after, before, after) == before


def test_failures_counted_meanwhile_stay_and_the_window_runs_from_them() -> None:
    before, after = a_guard(2), a_guard(3, last_failure_at=NOON + MINUTE)
    present = a_guard(4, last_failure_at=NOON + 2 * MINUTE)
    assert taken_back(present, before, after) == replace(present, failures=3)


def test_a_lock_that_the_try_itself_put_on_goes_with_it() -> None:
    before = a_guard(4, lock_count=2)
    after = a_guard(0, 3, NOON + MINUTE, NOON + 21 * MINUTE)
    assert taken_back(after, before, after) == before


def test_a_lock_that_another_try_put_on_stays() -> None:
    present = a_guard(0, 2, NOON + 2 * MINUTE, NOON + 9 * MINUTE)
    locking = a_guard(0, 1, NOON + MINUTE, NOON + 6 * MINUTE)
    assert taken_back(present, a_guard(4), locking) == present
    assert taken_back(present, a_guard(2), a_guard(3, last_failure_at=NOON + MINUTE)) == present


def test_a_failure_after_the_lock_that_the_try_put_on_stays() -> None:
    present = a_guard(1, 1, NOON + 7 * MINUTE)
    locking = a_guard(0, 1, NOON + MINUTE, NOON + 6 * MINUTE)
    assert taken_back(present, a_guard(4), locking) == present


def test_a_try_during_a_lock_was_not_counted_and_is_not_taken_back() -> None:
    locked = a_guard(0, 1, locked_until=NOON + 5 * MINUTE)
    assert taken_back(locked, locked, locked) == locked
    assert taken_back(a_guard(3, 1), locked, locked) == a_guard(3, 1)


# Rules


@pytest.mark.parametrize("max_failures", [0, -1])
def test_rules_without_a_try_are_refused(max_failures: int) -> None:
    with pytest.raises(ValueError, match=r"^max_failures must be at least 1$"):
        LockRules(max_failures=max_failures)


def test_one_failure_may_be_enough_to_lock() -> None:
    assert is_locked(after_failure(None, NOON, LockRules(max_failures=1)), NOON)


@pytest.mark.parametrize("nothing", [timedelta(0), -SECOND])
def test_rules_without_duration_are_refused(nothing: timedelta) -> None:
    message = r"^window, first_lock and forgotten_after must be longer than nothing$"
    with pytest.raises(ValueError, match=message):
        LockRules(window=nothing)
    with pytest.raises(ValueError, match=message):
        LockRules(first_lock=nothing)
    with pytest.raises(ValueError, match=message):
        LockRules(forgotten_after=nothing)


def test_a_second_is_a_duration() -> None:
    LockRules(window=SECOND, first_lock=SECOND, longest_lock=SECOND, forgotten_after=SECOND)


def test_a_longest_lock_below_the_first_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^longest_lock must not be shorter than first_lock$"):
        LockRules(first_lock=HOUR, longest_lock=HOUR - SECOND)
    assert LockRules(first_lock=HOUR, longest_lock=HOUR).lock_after(0) == HOUR


def test_many_locks_overflow_nothing() -> None:
    assert RULES.lock_after(100_000) == 12 * HOUR


# Properties

durations = st.integers(1, 10_000).map(lambda seconds: seconds * SECOND)


@st.composite
def lock_rules(draw: st.DrawFn) -> LockRules:
    first_lock = draw(durations)
    return LockRules(
        max_failures=draw(st.integers(1, 6)),
        window=draw(durations),
        first_lock=first_lock,
        longest_lock=first_lock + draw(durations),
        forgotten_after=draw(durations),
    )


# A guesser who never waits long finds more locks than one whose pauses are drawn evenly.
pauses = st.lists(st.one_of(st.integers(0, 3), st.integers(0, 12_000)), min_size=1, max_size=60)


def unlocked_tries(rules: LockRules, waits: list[int]) -> list[datetime]:
    """Let somebody fail after each wait, and return when the password was really tried."""
    guard: Guard | None = None
    now = NOON
    tries = []
    for wait in waits:
        now += wait * SECOND
        if not is_locked(guard, now):
            tries.append(now)
        guard = after_failure(guard, now, rules)
    return tries


@given(lock_rules(), pauses)
def test_tries_beyond_the_allowed_ones_wait_for_a_lock_or_a_window(
    rules: LockRules, waits: list[int]
) -> None:
    tries = unlocked_tries(rules, waits)
    for start in range(len(tries) - rules.max_failures):
        block = tries[start : start + rules.max_failures + 1]
        longest_pause = max(after - before for before, after in pairwise(block))
        assert longest_pause >= min(rules.window, rules.first_lock)


@given(lock_rules(), pauses)
def test_no_window_holds_more_tries_than_allowed_where_locks_last_a_window(
    rules: LockRules, waits: list[int]
) -> None:
    rules = replace(rules, first_lock=rules.window, longest_lock=rules.window + rules.longest_lock)
    tries = unlocked_tries(rules, waits)
    for first in tries:
        assert sum(first <= moment < first + rules.window for moment in tries) <= rules.max_failures


def test_with_the_default_rules_the_keenest_guesser_has_forty_five_tries_a_day() -> None:
    tries = unlocked_tries(RULES, [0] * 5 + [60] * (24 * 60 - 1) + [0])
    day = [moment for moment in tries if moment < NOON + 24 * HOUR]
    assert len(day) <= 45


@given(lock_rules(), st.integers(0, 200))
def test_locks_never_become_shorter_and_never_pass_the_longest(rules: LockRules, count: int) -> None:
    assert rules.first_lock <= rules.lock_after(count) <= rules.lock_after(count + 1) <= rules.longest_lock


@given(lock_rules(), pauses)
def test_a_lock_is_never_extended_while_it_lasts(rules: LockRules, waits: list[int]) -> None:
    guard: Guard | None = None
    now = NOON
    for wait in waits:
        now += wait * SECOND
        after = after_failure(guard, now, rules)
        if is_locked(guard, now):
            assert after == guard
        guard = after


@given(lock_rules(), pauses)
def test_counts_stay_in_their_bounds(rules: LockRules, waits: list[int]) -> None:
    guard: Guard | None = None
    now = NOON
    for wait in waits:
        now += wait * SECOND
        guard = after_failure(guard, now, rules)
        assert 0 <= guard.failures < rules.max_failures
        assert guard.lock_count >= 0
