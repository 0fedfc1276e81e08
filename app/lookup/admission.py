"""What a lookup passes before its question goes on record: its unit's turn, and the limits."""

from app.accounts.authentication import Caller
from app.lookup.fair_sharing import FairShares
from app.lookup.limits import LimitBook
from app.lookup.values import IdNumber


class Admission:
    """Admits lookups, and whatever else asks the national side for an officer."""

    def __init__(self, limits: LimitBook, shares: FairShares) -> None:
        """Count in *limits*, take turns by *shares*."""
        self._limits = limits
        self._shares = shares

    async def enter(self, caller: Caller, id_number: IdNumber) -> float:
        """Let one question about *id_number* be asked, and return how many seconds it waited.

        `leave` must follow however the question ends; where this raises, there is nothing to leave.
        Raises TooManyError, before anything is on record and before anybody is asked: LimitReachedError,
        NationalSideCrowdedError. Who is turned away for want of a turn has used up nothing.
        """
        waited_seconds = 0.0
        if not self._shares.enter_at_once():
            self._limits.check(caller, id_number)  # who has none left must not stand in line
            waited_seconds = await self._shares.enter(caller.unit.unit_id)
        try:
            self._limits.step(caller, id_number)
        except BaseException:
            self._shares.leave()
            raise
        return waited_seconds

    def leave(self) -> None:
        """End a question, and give its turn to whoever waits."""
        self._shares.leave()
