"""Random sequences of decisions about a tree, as hypothesis draws them."""

from dataclasses import dataclass, replace
from uuid import UUID

from hypothesis import strategies as st

from app.units.history import History
from app.units.operations import plan_addition, plan_change, plan_close, plan_merge, plan_split
from app.units.plans import Plan
from app.units.values import Decision, UnitDetails, UnitLevel
from tests.units.trees import a_day, details_of

LAST_DAY = 12
KINDS = ("add", "rename", "recode", "move", "top", "level", "close", "merge", "merge_new", "split", "divide")


@dataclass(frozen=True)
class Deed:
    """One decision: numbers stand for units and codes, whatever these are when its turn comes."""

    kind: str
    day: int
    one: int
    other: int
    third: int

    def plan(self, history: History) -> Plan:
        """Return its plan; UnitRefusedError where the tree does not allow it."""
        decision = Decision(a_day(self.day), f"{self.day}/QĐ")
        ids = sorted(history.versions, key=lambda unit_id: history.versions[unit_id][0].valid_from)
        code = f"H19.{self.third % 7}"
        if self.kind == "add" or not ids:
            above = ids[self.one % len(ids)] if ids and self.other % 4 else None
            return plan_addition(history, details_of(code, above), decision)
        one, other, third = (ids[number % len(ids)] for number in (self.one, self.other, self.third))
        present = history.versions[one][-1].details
        match self.kind:
            case "close":
                plan = plan_close(history, one, decision)
            case "merge":
                plan = plan_merge(history, [one, third] if one != third else [one], other, decision)
            case "merge_new":
                plan = plan_merge(history, [one], details_of(code, present.parent_id), decision)
            case "split":
                plan = plan_split(history, one, [one, other], decision)
            case "divide":
                plan = plan_split(history, one, [other, third], decision)
            case _:
                plan = plan_change(history, one, self._changed(present, other, code), decision)
        return plan

    def _changed(self, present: UnitDetails, other: UUID, code: str) -> UnitDetails:
        return {
            "rename": replace(present, name=f"Xã số {self.third}"),
            "recode": replace(present, agency_code=code),
            "move": replace(present, parent_id=other),
            "top": replace(present, parent_id=None),
            "level": replace(present, level=UnitLevel.PROVINCE),
        }[self.kind]


_numbers = st.integers(0, 50)
_days = st.integers(0, LAST_DAY)
deeds = st.lists(st.builds(Deed, st.sampled_from(KINDS), _days, _numbers, _numbers, _numbers), max_size=25)
mostly_forward = deeds.map(lambda drawn: sorted(drawn, key=lambda deed: deed.day // 4))
"""Days rise by fours, within which a decision may come before an earlier one."""
