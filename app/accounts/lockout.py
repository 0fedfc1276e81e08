"""When guessing is stopped: locks that grow with each round of failures, and buckets (R13, R14)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class LockRules:
    """How many failures lead to a lock, and how long it lasts: *first_lock*, then double each time."""

    max_failures: int = 5
    window: timedelta = timedelta(minutes=15)
    """So long without a failure, and the count of failures starts again."""
    first_lock: timedelta = timedelta(minutes=5)
    longest_lock: timedelta = timedelta(hours=12)
    forgotten_after: timedelta = timedelta(hours=24)
    """So long without a failure or a lock, and the next lock is a first one again."""

    def __post_init__(self) -> None:
        """Refuse rules under which nobody or everybody would be locked out."""
        if self.max_failures < 1:
            raise ValueError("max_failures must be at least 1")
        if min(self.window, self.first_lock, self.forgotten_after) <= timedelta(0):
            raise ValueError("window, first_lock and forgotten_after must be longer than nothing")
        if self.longest_lock < self.first_lock:
            raise ValueError("longest_lock must not be shorter than first_lock")

    def lock_after(self, lock_count: int) -> timedelta:
        """Return how long the next lock lasts after *lock_count* earlier ones."""
        doublings: int = 2**lock_count
        # Compared before multiplying: a timedelta overflows, an int does not.
        if doublings > self.longest_lock // self.first_lock:
            return self.longest_lock
        return self.first_lock * doublings


@dataclass(frozen=True, slots=True)
class Guard:
    """What is remembered of failed sign-ins under one login name, or from one address."""

    failures: int
    """Since the last success, lock or quiet window."""
    lock_count: int
    last_failure_at: datetime
    locked_until: datetime | None


def is_locked(guard: Guard | None, now: datetime) -> bool:
    """Return whether no try is admitted at *now*, right or wrong."""
    return guard is not None and guard.locked_until is not None and now < guard.locked_until


def after_failure(guard: Guard | None, now: datetime, rules: LockRules) -> Guard:
    """Return what to remember after a wrong try at *now*; tries during a lock change nothing.

    To hold against tries sent at once, count each one under a row lock, before its password is checked.
    """
    if guard is None:
        guard = Guard(0, 0, now, None)
    if is_locked(guard, now):
        return guard
    failures, lock_count = _remembered(guard, now, rules)
    if failures + 1 < rules.max_failures:
        return Guard(failures + 1, lock_count, now, None)
    return Guard(0, lock_count + 1, now, now + rules.lock_after(lock_count))


def taken_back(present: Guard, before: Guard, after: Guard) -> Guard:
    """Return *present* without a try that was counted, from *before* to *after*, and was no failure at all.

    Other tries may have been counted since; a lock is taken off only where that try put it on.
    """
    if after == before:
        return present
    is_latest = present.last_failure_at == after.last_failure_at
    last_failure_at = before.last_failure_at if is_latest else present.last_failure_at
    if after.locked_until is None:
        return replace(present, failures=max(0, present.failures - 1), last_failure_at=last_failure_at)
    if present.locked_until != after.locked_until:
        return present
    return Guard(before.failures, present.lock_count - 1, last_failure_at, None)


def _remembered(guard: Guard, now: datetime, rules: LockRules) -> tuple[int, int]:
    quiet_since = max(guard.last_failure_at, guard.locked_until or guard.last_failure_at)
    failures = guard.failures if now - guard.last_failure_at < rules.window else 0
    lock_count = guard.lock_count if now - quiet_since < rules.forgotten_after else 0
    return failures, lock_count
