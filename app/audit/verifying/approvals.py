"""Orders to end months of the evidence: one asked, another approved, and the months were old enough."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from app.audit.leaf import Value
from app.audit.verifying.findings import Check, Gap, Kind, Ledger, Place
from app.audit.verifying.kinds import (
    APPROVAL_GIVEN,
    APPROVAL_REFUSED,
    APPROVAL_REQUESTED,
    DROP_MONTHS,
    MONTH_KEY_DESTROYED,
    RETENTION_DROP,
)
from app.audit.verifying.retention import month_of_id
from app.audit.verifying.spill import Spill

_LEAST_MONTHS: Final = 12  # whatever is configured
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_SAID: Final = (
    "kind",
    "months",
    "requested_by",
    "reason",
    "officer_id",
    "operator",
    "retention_months",
    "drop_record_id",
)
_SAME: Final = ("months", "requested_by", "reason")
_DECISIONS: Final = frozenset({APPROVAL_GIVEN, APPROVAL_REFUSED})
_DECISION: Final = "decision"
_STEPS: Final = _DECISIONS | {APPROVAL_REQUESTED}
_ENDINGS: Final = frozenset({RETENTION_DROP, MONTH_KEY_DESTROYED})
_OLDEST_APPROVAL: Final = 13  # months before what goes by it: a year, and clocks that differ
_LAST: Final = 2**63 - 1  # of the numbers that rows can have
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Step:
    """A record on the road of a drop; *number* is its place among them, in the tree's order.

    It goes by the id of its approval, the end of a month by that of the order it carries out.
    """

    number: int
    goes_by: str
    place: Place
    said: Mapping[str, Any]

    @property
    def months(self) -> list[str]:
        """The months it names."""
        return _MONTH.findall(str(self.said.get("months")))

    @property
    def about(self) -> str:
        """The id it goes by, as findings tell it; nothing where that is none."""
        return self.goes_by if _uuid(self.goes_by) is not None else ""


class DropChecker:
    """Is told of every record, in the tree's order; remembers those about ended months outside of memory."""

    def __init__(self, spill: Spill, ledger: Ledger) -> None:
        """Remember in *spill*."""
        self._spill = spill
        self._ledger = ledger

    def meet(self, facts: Mapping[str, Value], place: Place) -> None:
        """Take note of a request, a decision, an order or the end of a month."""
        kind = facts.get("kind")
        if kind in _ENDINGS or (kind in _STEPS and facts.get("change") == DROP_MONTHS):
            # An end goes by the order that it carries out.
            goes_by = facts.get("drop_record_id" if kind == MONTH_KEY_DESTROYED else "approval_id")
            self._spill.put(
                "insert into drop_step (approval, kind, at, record, time, said) values (?, ?, ?, ?, ?, ?)",
                str(goes_by),
                _DECISION if kind in _DECISIONS else kind,
                place.index,
                place.record_id,
                place.time,
                json.dumps({name: facts[name] for name in _SAID if name in facts}),
            )

    def finish(self, now: datetime, has_ended: Callable[[str], bool], *, starts_at: int) -> None:
        """Judge every order, and every end of a month, by the records before it.

        What stands before leaf *starts_at*, or was of a month that *has_ended* since, is said to be
        elsewhere.
        """
        last_ends = {
            month: end.number
            for end in self._steps("kind = ?", MONTH_KEY_DESTROYED)
            for month in end.months
            if has_ended(month)
        }
        for order in self._steps("kind = ?", RETENTION_DROP):
            self._ledger.looked_at[Check.DROPS] += 1
            may_be_gone = starts_at > 0 or _ended_since(order.goes_by, order, last_ends)
            self._judge(order, now, may_be_gone=may_be_gone)
        for end in self._steps("kind = ?", MONTH_KEY_DESTROYED):
            self._check_ordered(end, last_ends, starts_at)

    def _judge(self, order: Step, now: datetime, *, may_be_gone: bool) -> None:
        request, approval = self._before(order, APPROVAL_REQUESTED), self._before(order, _DECISION)
        if approval is not None and approval.said.get("kind") != APPROVAL_GIVEN:
            approval, may_be_gone = None, False  # refused, whatever was said before
        if (request is None or approval is None) and may_be_gone:
            self._ledger.leave_out(Gap.APPROVAL_ELSEWHERE)
        elif request is None or approval is None:
            self._ledger.find(Kind.DROP_UNAPPROVED, order.place, order.about)
        earlier = [step for step in (request, approval) if step is not None]
        if approval is not None and _is_own(approval, [order, *earlier]):
            self._ledger.find(Kind.DROP_SELF_APPROVED, order.place, order.about)
        differing = [
            name for name in _SAME if any(step.said.get(name) != order.said.get(name) for step in earlier)
        ]
        if differing:
            self._ledger.find(Kind.DROP_DIFFERS, order.place, ", ".join(differing))
        if early := _early(order, request, now):
            self._ledger.find(Kind.DROP_EARLY, order.place, ", ".join(early))

    def _check_ordered(self, end: Step, last_ends: Mapping[str, int], starts_at: int) -> None:
        """Miss the order that a month's end names: before it, and naming the month."""
        order_id = end.goes_by
        order = next(self._steps("record = ? and kind = ?", order_id, RETENTION_DROP), None)
        if order is None and (starts_at > 0 or _ended_since(order_id, end, last_ends)):
            self._ledger.leave_out(Gap.APPROVAL_ELSEWHERE)
        elif order is None or order.number > end.number or not set(order.months).issuperset(end.months):
            self._ledger.find(Kind.DROP_UNORDERED, end.place, ", ".join(end.months))

    def _before(self, order: Step, kind: str) -> Step | None:
        """Return the last such step before a month ended by the order, however often somebody decided.

        Not before the order itself: what waits together enters the tree writer by writer, as writers began
        by their clocks.
        """
        ends = self._steps("approval = ? and kind = ?", str(order.place.record_id), MONTH_KEY_DESTROYED)
        first = next(ends, None)
        where = "approval = ? and kind = ? and rowid < ?"
        until = max(order.number, first.number) if first is not None else _LAST
        return next(self._steps(where, order.goes_by, kind, until, is_newest_first=True), None)

    def _steps(self, where: str, *values: object, is_newest_first: bool = False) -> Iterator[Step]:
        query = (
            "select rowid, approval, at, record, time, said from drop_step"  # noqa: S608 - our own words
            f" where {where} order by rowid{' desc' * is_newest_first}"
        )
        for number, approval, at, record, time, said in self._spill.rows(query, *values):
            yield Step(number, approval, Place(at, record, time), json.loads(said))


def _is_own(approval: Step, steps: list[Step]) -> bool:
    """Whether who approved is who asked, or is nobody who had signed in: the server's operator asks."""
    approver = approval.said.get("officer_id")
    asked = {step.said.get("requested_by") for step in steps}
    asked |= {step.said.get("officer_id") for step in steps if step is not approval}
    return approver is None or approver in asked or "operator" in approval.said


def _early(order: Step, request: Step | None, now: datetime) -> list[str]:
    """Return the months that had not been kept for a year, and for as long as the request says."""
    kept = request.said.get("retention_months") if request is not None else None
    span = max(_LEAST_MONTHS, kept) if isinstance(kept, int) else _LEAST_MONTHS
    at = min(_instant(order.place.time), now.astimezone(UTC))
    return [month for month in order.months if _number(month) >= at.year * 12 + at.month - span]


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])


def _ended_since(record_id: str, step: Step, last_ends: Mapping[str, int]) -> bool:
    """Whether the month of that id has ended after *step*, or the one after it: who approves has a day.

    Not before, and nothing much older: what a step goes by is younger than a year then (app.cli). Any id of
    an old month would excuse an order that nobody approved, once that month ends.
    """
    known = _uuid(record_id)
    month = month_of_id(known) if known is not None else "?"
    if _MONTH.fullmatch(month) is None:
        return False
    at = _instant(step.place.time)
    if not -1 <= at.year * 12 + at.month - _number(month) <= _OLDEST_APPROVAL:
        return False
    year, last = divmod(_number(month), 12)  # months count from 1: this is the next one's, from 0
    following = f"{year:04d}-{last + 1:02d}"
    return max(last_ends.get(month, 0), last_ends.get(following, 0)) > step.number


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _instant(text: str | None) -> datetime:
    try:
        instant = datetime.fromisoformat(str(text))
        return instant.astimezone(UTC) if instant.tzinfo is not None else _NEVER
    except (ValueError, OverflowError):
        return _NEVER
