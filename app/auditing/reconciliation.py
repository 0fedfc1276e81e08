"""Compares the national side's own log with our records by MaYeuCau (R66): what neither chain nor tree shows.

Pure: both sides come as streams sorted by request id, and nothing is fetched here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from app.auditing.reconciliation_spill import Kept, Spill
from app.auditing.reconciliation_values import (
    MILLISECONDS,
    Kind,
    Look,
    Recorded,
    Rules,
    Totals,
)

_KEPT_OF_A_GROUP: Final = 20
_FEWEST_PAIRS: Final = 20
_FARTHEST_SECONDS: Final = 86_400
_ANSWERED: Final = frozenset({"found", "not_found", "mismatch"})
"""Outcomes that say the national side answered; after any other it may or may not have been asked.

`upstream_confused` is one of the others: a token that was refused and an error page of the platform between
make it too.
"""
_SHOWN: Final = frozenset({"found", "mismatch"})
_MASK: Final = "*"

Progress = Callable[[int], None]
"""Is told how many request ids were compared."""


@dataclass(slots=True)
class Group:
    """What bears one request id on either side, the first of each; `accepted` and `recorded` count all.

    Calls that were turned away stand apart: they are asked again under the same id.
    """

    accepted_looks: list[Kept[Look]] = field(default_factory=list)
    refused_looks: list[Kept[Look]] = field(default_factory=list)
    records: list[Kept[Recorded]] = field(default_factory=list)
    accepted: int = 0
    recorded: int = 0

    @property
    def looks(self) -> list[Kept[Look]]:
        """The rows, those that were turned away last."""
        return self.accepted_looks + self.refused_looks

    def add_look(self, kept: Kept[Look]) -> None:
        """Take a row in."""
        self.accepted += not kept.value.is_refused
        kind = self.refused_looks if kept.value.is_refused else self.accepted_looks
        if len(kind) < _KEPT_OF_A_GROUP:
            kind.append(kept)

    def add_record(self, kept: Kept[Recorded]) -> None:
        """Take a lookup of ours in."""
        self.recorded += 1
        if self.recorded <= _KEPT_OF_A_GROUP:
            self.records.append(kept)

    def nearest(self, clock_difference: int) -> tuple[Kept[Look], Kept[Recorded]]:
        """Return the row and the record that fit best by time; there is one of each."""
        looks = self.accepted_looks or self.refused_looks
        pairs = [(look, record) for look in looks for record in self.records]
        return min(pairs, key=lambda pair: abs(_apart(pair[0].value, pair[1].value) - clock_difference))


def reconcile(
    spill: Spill, rules: Rules, *, unreadable_records: int = 0, progress: Progress = lambda _: None
) -> Totals:
    """Return what the comparison of everything in *spill* came to; every finding is in *spill* then."""
    spill.sort()
    difference = clock_difference(groups(spill.looks(), spill.records()))
    judge = _Judge(rules, difference or 0)
    found: Counter[Kind] = Counter()
    for count, group in enumerate(groups(spill.looks(), spill.records()), start=1):
        for kind, look, recorded, times in judge.judge(group):
            spill.add(kind, look, recorded, times)
            found[kind] += 1
        if count % MILLISECONDS == 0:
            progress(count)
    return Totals(
        period=rules.period,
        looks=spill.count("look"),
        records=judge.records,
        matched=judge.matched,
        refused_without_id=judge.refused_without_id,
        outside=judge.outside,
        broken_rows=spill.count("broken"),
        unreadable_records=unreadable_records,
        clock_difference=difference,
        found=dict(found),
    )


def groups(looks: Iterable[Kept[Look]], records: Iterable[Kept[Recorded]]) -> Iterator[Group]:
    """Yield what belongs together, of two streams sorted by request id; each row without id is alone."""
    left, right = iter(looks), iter(records)
    look, record = next(left, None), next(right, None)
    while look is not None or record is not None:
        group = Group()
        name = min(kept.value.request_id for kept in (look, record) if kept is not None)
        while look is not None and look.value.request_id == name:
            group.add_look(look)
            look = next(left, None)
            if not name:
                break
        while name and record is not None and record.value.request_id == name:
            group.add_record(record)
            record = next(right, None)
        if not name and record is not None and not record.value.request_id:
            raise ValueError("a record without a request id cannot be compared")
        yield group


def clock_difference(together: Iterable[Group]) -> int | None:
    """Return by how many milliseconds, in whole seconds, the national side's clock is ahead of ours.

    The median over all pairs, the way there included; None for too few of them. Memory does not grow: the
    differences are counted by second, a day at most.
    """
    seconds: Counter[int] = Counter()
    for group in together:
        if group.looks and group.records:
            look, record = group.nearest(0)
            if look.value.at is not None:
                apart = round(_apart(look.value, record.value) / MILLISECONDS)
                seconds[max(-_FARTHEST_SECONDS, min(_FARTHEST_SECONDS, apart))] += 1
    half = (seconds.total() + 1) // 2
    if seconds.total() < _FEWEST_PAIRS:
        return None
    for apart in sorted(seconds):
        half -= seconds[apart]
        if half <= 0:
            return apart * MILLISECONDS
    return None


def _apart(look: Look, record: Recorded) -> int:
    return (look.at if look.at is not None else record.at) - record.at


_Judged = tuple[Kind, Kept[Look] | None, Kept[Recorded] | None, int]


@dataclass(slots=True)
class _Judge:
    rules: Rules
    clock_difference: int
    records: int = 0
    matched: int = 0
    refused_without_id: int = 0
    outside: int = 0

    def judge(self, group: Group) -> Iterator[_Judged]:
        """Yield what does not fit about one request id."""
        covers = self.rules.period.covers
        in_period = [kept for kept in group.looks if covers(kept.value.at)]
        recorded = [kept for kept in group.records if covers(kept.value.at)]
        self.records += len(recorded)
        if not in_period and not recorded:
            self.outside += bool(group.looks)
        elif not group.records:
            yield from self._without_record(in_period[0], max(group.accepted, 1))
        else:
            if group.recorded > 1:
                yield (
                    Kind.RECORDED_TWICE,
                    group.looks[0] if group.looks else None,
                    group.records[0],
                    group.recorded,
                )
            if group.looks:
                yield from self._matched(group)
            else:
                yield self._without_look(recorded[0], None)

    def _without_record(self, look: Kept[Look], times: int) -> Iterator[_Judged]:
        if not look.value.request_id and look.value.is_refused:
            self.refused_without_id += 1
        else:
            yield Kind.LOOK_WITHOUT_RECORD, look, None, times

    def _without_look(self, record: Kept[Recorded], refused: Kept[Look] | None) -> _Judged:
        at, period = record.value.at, self.rules.period
        edge = self.rules.tolerance + abs(self.clock_difference)
        if record.value.outcome not in _ANSWERED:
            return Kind.UNCERTAIN, refused, record, 1
        if refused is None and not period.start + edge <= at < period.end - edge:
            return Kind.AT_EDGE, None, record, 1
        return Kind.RECORD_WITHOUT_LOOK, refused, record, 1

    def _matched(self, group: Group) -> Iterator[_Judged]:
        look, record = group.nearest(self.clock_difference)
        if not group.accepted and record.value.outcome in _SHOWN:
            yield self._without_look(record, look)  # we say an answer came, they say they gave none
            return
        self.matched += 1
        if group.accepted > 1:
            yield Kind.LOOKED_TWICE, look, record, group.accepted
        apart = _apart(look.value, record.value) - self.clock_difference
        if look.value.at is not None and abs(apart) > self.rules.tolerance:
            yield Kind.TIME_DIFFERS, look, record, 1
        code = record.value.officer_code
        for each in group.accepted_looks:
            if self._is_other_officer(each.value, code):
                yield Kind.OTHER_OFFICER, each, record, 1
                break
        ours, theirs = _family(record.value.road), _family(look.value.road)
        if ours and theirs and ours != theirs:
            yield Kind.OTHER_ROAD, look, record, 1

    def _is_other_officer(self, look: Look, code: str) -> bool:
        told = {each.casefold() for each in (look.officer_code, look.account) if each}
        told = {each for each in told if not each.startswith(_MASK)} - self.rules.shared_codes
        return bool(code) and bool(told) and code.casefold() not in told


def _family(road: str) -> str:
    """Return which of the two roads a name speaks of, as far as it does."""
    name = road.casefold()
    if "vdxp" in name or "ndxp" in name:
        return "vdxp"
    return "lgsp" if "lgsp" in name else ""
