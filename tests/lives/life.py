"""One life: steps are done one after the other, and everything is checked after each."""

from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.passwords import PasswordVault
from app.accounts.posting_plan import PostingRefusedError
from app.accounts.review import ReviewRefusedError
from app.accounts.standing import StandingRefusedError
from app.errors import ConflictError, NotAllowedError
from app.units.troubles import UnitRefusedError
from tests.accounts.life import TODAY
from tests.lives.access import Door, Lists
from tests.lives.checking import Checker
from tests.lives.ground import GRANTED, PROCEDURES, SINCE, Desks, Ground, LifeClock
from tests.lives.known import Known, Person
from tests.lives.postings import Postings
from tests.lives.rules import Place
from tests.lives.scene import Scene
from tests.lives.steps import FIRST, WEIGHTS, Step
from tests.lives.told import Dated, Told
from tests.lives.tree import Tree

REFUSED = (
    PostingRefusedError,
    StandingRefusedError,
    ReviewRefusedError,
    UnitRefusedError,
    ConflictError,
    NotAllowedError,
)
_SILENT = {"pass_days", "wait"}
_EVERY = 12  # so many steps, and other days than today are looked at too

Deed = Callable[[Step, UUID], Awaitable[None]]


async def live(
    connection: AsyncConnection, ground: Ground, vault: PasswordVault, steps: list[Step], landed: Counter[str]
) -> None:
    """Live through *steps* and undo them; raises RuleBrokenError. *landed* counts what took effect."""
    transaction = await connection.begin()
    try:
        scene = _scene(connection, ground, vault)
        checker = Checker(scene, _told(ground))
        await scene.desks.refresh()
        await _Life(scene, checker).play([*FIRST, *steps], landed)
    finally:
        await transaction.rollback()


class _Life:
    def __init__(self, scene: Scene, checker: Checker) -> None:
        parts = (Postings(scene), Tree(scene), Door(scene), Lists(scene))
        self._scene, self._checker = scene, checker
        self._deeds: dict[str, Deed] = {
            what: getattr(part, what) for what in WEIGHTS for part in parts if hasattr(part, what)
        }

    async def play(self, steps: list[Step], landed: Counter[str]) -> None:
        begun, of_day = await self._checker.begun(), self._scene.today
        for number, step in enumerate(steps, 1):
            landed[step.what] += await self._do(step)
            before, begun = begun, await self._checker.begun()
            if self._scene.today == of_day:
                self._checker.check_begun(before, begun)
            of_day = self._scene.today
            await self._checker.check()
            if number % _EVERY == 0 or number == len(steps):
                await self._checker.check_other_days()
        await self._checker.check_old_records()

    async def _do(self, step: Step) -> bool:
        """Do a step and return whether it took effect; one that is refused is undone, as everywhere."""
        drafts = self._scene.desks.log.drafts
        people = [who for who in self._scene.known.people if who not in self._scene.ground.administrators]
        mark = len(drafts)
        try:
            async with self._scene.connection.begin_nested():
                await self._deeds[step.what](step, people[step.who % len(people)] if people else UUID(int=0))
        except REFUSED:
            del drafts[mark:]
            return False
        return len(drafts) > mark or step.what in _SILENT


def _scene(connection: AsyncConnection, ground: Ground, vault: PasswordVault) -> Scene:
    procedures = {code: ground.catalogue.procedures[code].roles for code in PROCEDURES}
    known = Known(procedures)
    known.add_unit(ground.department_id, Place("H19.10", None), SINCE, frozenset())
    for number, unit_id in enumerate(ground.units):
        parent = ground.units[0] if number == len(ground.units) - 1 else None
        granted = frozenset(PROCEDURES[one] for one in GRANTED[number])
        known.add_unit(unit_id, Place(f"H19.70.{number}", parent), SINCE, granted)
    for number, (who, record) in enumerate(zip(ground.administrators, ground.records, strict=True)):
        person = Person(f"quan.tri{number}", ground.roles[number], f"QT{number}", signs_of_use=[TODAY])
        person.paint(UUID(str(record.facts["changed_unit_id"])), TODAY)
        known.people[who] = person
    return Scene(ground, Desks(connection, vault, LifeClock()), known, list(ground.units))


def _told(ground: Ground) -> Told:
    """Return what is told before the first step: how the tree began, and who its administrators are."""
    roles = {code: ground.catalogue.procedures[code].roles for code in PROCEDURES}
    codes: Dated = {ground.department_id: [((SINCE, None), "H19.10")]}
    codes |= {unit_id: [((SINCE, None), f"H19.70.{number}")] for number, unit_id in enumerate(ground.units)}
    grants: Dated = {ground.department_id: []}
    grants |= {
        unit_id: [((SINCE, None), PROCEDURES[one]) for one in granted]
        for unit_id, granted in zip(ground.units, GRANTED, strict=True)
    }
    told = Told(roles, codes, grants)
    told.read(ground.records)
    return told
