"""Permits that were given, remembered for as long as the directory and the day are the same."""

from datetime import date
from typing import Final, NamedTuple

from app.accounts.authentication import Caller
from app.accounts.clients import Client
from app.accounts.values import Officer
from app.errors import ProblemCode
from app.lookup.command import LookupCommand
from app.lookup.decision import Permit, decide
from app.lookup.dossier import belongs_to
from app.lookup.standings import standing_of
from app.procedures.fields import Field
from app.procedures.store import Catalogue
from app.procedures.values import QuestionType
from app.units.values import Unit

_MOST_REMEMBERED: Final = 20_000
_Mark = tuple[int, int, int, str, frozenset[Field] | None, QuestionType]


class _Given(NamedTuple):
    """A permit, and who has it: kept, so that no others can have their ids."""

    officer: Officer
    unit: Unit
    client: Client
    permit: Permit


class Permits:
    """Decides as `decide` does; what it permitted these very ones once needs a look at the dossier only.

    Another catalogue or another day makes it forget all; refusals are never remembered.
    """

    def __init__(self, *, most: int = _MOST_REMEMBERED) -> None:
        """Remember at most so many."""
        self._most = most
        self._catalogue: Catalogue | None = None
        self._day = date.min
        self._given: dict[_Mark, _Given] = {}

    def decide(
        self, catalogue: Catalogue, caller: Caller, command: LookupCommand, day: date
    ) -> Permit | ProblemCode:
        """Return the permit, or the problem that the first broken rule answers."""
        if catalogue is not self._catalogue or day != self._day:
            self._given.clear()
            self._catalogue, self._day = catalogue, day
        officer, unit, client, dossier = caller.officer, caller.unit, caller.client, command.dossier
        asked, question_type = command.fields, command.question_type
        mark = id(officer), id(unit), id(client), command.procedure_code, asked, question_type
        given = self._given.get(mark)
        if given is not None and (dossier is None or belongs_to(dossier, unit.agency_codes)):
            return given.permit  # all other rules look at what is the same
        standing = standing_of(catalogue, officer, unit, client, command.procedure_code, day)
        decision = decide(standing, dossier, asked, question_type)
        if isinstance(decision, Permit):
            if len(self._given) >= self._most:
                self._given.clear()
            self._given[mark] = _Given(officer, unit, client, decision)
        return decision
