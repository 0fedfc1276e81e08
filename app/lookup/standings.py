"""Gathers from the directory what a decision looks at; whoever decides gathers it here."""

from datetime import date

from app.accounts.clients import Client
from app.accounts.values import Officer
from app.lookup.decision import Standing
from app.procedures.store import Catalogue
from app.units.values import Unit


def standing_of(
    catalogue: Catalogue, officer: Officer, unit: Unit | None, client: Client, procedure_code: str, day: date
) -> Standing:
    """Return how the officer, in *unit* and behind *client*, stands to the procedure on *day*."""
    procedure = catalogue.procedures.get(procedure_code)
    is_granted = unit is not None and catalogue.grants.holds(unit.unit_id, procedure_code, day)
    return Standing(officer, unit, procedure, is_granted, day, client.may_use(procedure_code))
