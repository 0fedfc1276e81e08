"""Steps of the tree: units are merged, divided, ended, recoded and registered by decisions."""

from collections.abc import Callable
from uuid import UUID

from app.procedures.unit_changes import UnitChange, make_unit_change
from app.units.history import History
from app.units.operations import plan_addition, plan_close, plan_merge, plan_recode, plan_split
from app.units.plans import Plan
from app.units.values import Decision, UnitDetails, UnitKind, UnitLevel
from tests.accounts.life import DAY
from tests.lives.rules import Place, hold
from tests.lives.scene import Scene
from tests.lives.steps import Step


class Tree:
    """Carries decisions out as the department does, from today on or later."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.known = scene, scene.known

    async def merge(self, step: Step, _: UUID) -> None:
        former, successor = self.scene.unit(step.unit), self.scene.unit(step.unit + 1 + step.turn)
        decision = self._decision(step)
        await self._make(lambda history: plan_merge(history, [former], successor, decision))
        self.known.merge(former, successor, decision.on)

    async def split(self, step: Step, _: UUID) -> None:
        """Divide a unit: between itself and another one, or among two others."""
        unit, one, other = (
            self.scene.unit(step.unit + number) for number in (0, 1 + step.turn % 3, 2 + step.turn)
        )
        into = [unit, one] if step.turn % 3 == 0 else [one, other]
        decision = self._decision(step)
        await self._make(lambda history: plan_split(history, unit, into, decision))
        if unit not in into:
            self.known.close(unit, decision.on)

    async def end_unit(self, step: Step, _: UUID) -> None:
        unit, decision = self.scene.unit(step.unit), self._decision(step)
        await self._make(lambda history: plan_close(history, unit, decision))
        people = self.known.people.values()
        is_empty = not any(
            one.units[day] == unit for one in people for day in one.units if day >= decision.on
        )
        hold("a unit with officers does not end", is_kept=is_empty, unit=unit)
        self.known.close(unit, decision.on)
        self.known.grants[unit] |= {day: frozenset() for day in self.known.grants[unit] if decision.on <= day}

    async def recode(self, step: Step, _: UUID) -> None:
        unit, decision = self.scene.unit(step.unit), self._decision(step)
        code = f"H19.80.{len(self.scene.desks.log.drafts)}"
        await self._make(lambda history: plan_recode(history, unit, code, None, decision))
        self.known.recode(unit, code, decision.on)

    async def add_unit(self, step: Step, _: UUID) -> None:
        number = len(self.scene.units)
        parent = self.scene.unit(step.unit) if step.turn % 2 else None
        place, decision = Place(f"H19.70.{number}", parent), self._decision(step)
        details = UnitDetails(
            f"Ủy ban nhân dân xã Thử {number}", place.code, UnitKind.COMMUNE, UnitLevel.COMMUNE, None, parent
        )
        change = await self._make(lambda history: plan_addition(history, details, decision))
        (unit_id,) = change.plan.new_units
        self.scene.units.append(unit_id)
        self.known.add_unit(unit_id, place, decision.on, frozenset())

    def _decision(self, step: Step) -> Decision:
        return Decision(self.scene.today + abs(step.offset) * DAY, f"{step.turn}/QĐ-UBND")

    async def _make(self, planned: Callable[[History], Plan]) -> UnitChange:
        self.scene.moment()
        change = await make_unit_change(
            self.scene.connection, planned, self.scene.today, administrators_stay=True
        )
        await self.scene.put(*change.events())
        return change
