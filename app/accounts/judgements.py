"""What tokens were found to be by one state of the directory, remembered for as long as that is the state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.accounts.clients import Client
from app.accounts.store import Accounts
from app.accounts.tokens import TokenClaims
from app.accounts.values import Officer
from app.audit.record import Value
from app.units.store import UnitRegister
from app.units.values import Unit

_MOST_REMEMBERED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Judgement:
    """For whom a token speaks from one address, nothing being in their way before *holds_until*.

    Whether the session was ended, or idles, is not in it.
    """

    claims: TokenClaims
    address: str
    officer: Officer
    unit: Unit
    client: Client
    facts: Mapping[str, Value]
    """What records say of them."""
    idle_for: timedelta
    holds_until: datetime

    def is_of(self, officer: Officer, unit: Unit, client: Client, session_id: UUID, assurance: str) -> bool:
        """Whether it is about these very ones, so that its facts are theirs."""
        return (
            officer is self.officer
            and unit is self.unit
            and client is self.client
            and session_id is self.claims.session_id
            and assurance == self.claims.assurance
        )


def facts_of(
    officer: Officer, unit: Unit, client: Client, session_id: UUID, assurance: str
) -> dict[str, Value]:
    """Return what records say of whoever has a session, the same at each of its requests."""
    return {
        "officer_id": str(officer.officer_id),
        "unit_id": str(unit.unit_id),
        "unit_code": unit.agency_code,
        "unit_level": unit.level.value,
        "role": officer.role.value,
        "client_id": client.client_id,
        "session_id": str(session_id),
        "assurance": assurance,
    }


class Judgements:
    """Remembers judgements by the very directory they were made by; any other makes it forget them all."""

    def __init__(self, *, most: int = _MOST_REMEMBERED) -> None:
        """Remember at most so many."""
        self._most = most
        self._accounts: Accounts | None = None
        self._units: UnitRegister | None = None
        self._known: dict[int, Judgement] = {}

    def find(
        self, claims: TokenClaims, address: str, now: datetime, accounts: Accounts, units: UnitRegister
    ) -> Judgement | None:
        """Return what was judged of these very claims, from this address, by this very directory."""
        if accounts is not self._accounts or units is not self._units:
            self._known.clear()
            self._accounts, self._units = accounts, units
            return None
        known = self._known.get(id(claims))
        # What is remembered keeps its claims, so that no others can have their id.
        if known is None or known.address != address or known.holds_until <= now:
            return None
        return known

    def remember(self, judgement: Judgement, accounts: Accounts, units: UnitRegister) -> None:
        """Remember what was judged by this directory, unless that is the last one no more."""
        if accounts is not self._accounts or units is not self._units:
            return
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[id(judgement.claims)] = judgement
