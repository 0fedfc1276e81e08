"""The port to the one-stop software: whether a dossier is open there."""

from enum import StrEnum
from typing import Protocol

from app.errors import ProblemCode
from app.lookup.dossier import DossierCode


class DossierState(StrEnum):
    """What is known of a dossier."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class DossierBook(Protocol):
    """A road to the software that keeps the dossiers."""

    async def state_of(self, dossier: DossierCode) -> DossierState:
        """Return the dossier's state within a time limit of the book's own; UNKNOWN where it has no answer.

        Never raises: a one-stop software that is down must not stop lookups.
        """
        ...


async def why_not_open(book: DossierBook, dossier: DossierCode | None) -> ProblemCode | None:
    """Return DOSSIER_NOT_OPEN where *book* knows the dossier to be closed; not knowing is no objection."""
    if dossier is not None and await book.state_of(dossier) is DossierState.CLOSED:
        return ProblemCode.DOSSIER_NOT_OPEN
    return None
