"""The port to the National Population Database: what the lookup asks of an adapter."""

from dataclasses import dataclass
from typing import Protocol

from app.lookup.values import Citizen, Household, Question


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """One question to the national side, in the name of one officer and one procedure.

    `request_id` is the upstream request id (MaYeuCau, at most 40 characters, unique);
    `officer_code` the officer's own upstream code (MaCanBo); `service_code` the
    public-service code (MaDVC) of the procedure; `budget_seconds` all the time there is.
    """

    request_id: str
    officer_code: str
    service_code: str
    question: Question
    budget_seconds: float


class PopulationSource(Protocol):
    """A road to the national side.

    Both questions may raise SourceSilentError (not reached, or too late), SourceConfusedError
    (not understood) and SourceRefusedError (this procedure or officer may not ask).
    """

    @property
    def road(self) -> str:
        """Short name of the road for the record, such as `lgsp-soap`."""
        ...

    async def find(self, request: SourceRequest) -> Citizen | None:
        """Return the citizen's record (037), or None when the national side knows no such person."""
        ...

    async def confirm(self, request: SourceRequest) -> bool:
        """Return whether the national side knows this person (003 / 033), without any data."""
        ...


class HouseholdSource(Protocol):
    """A road that can also be asked who lives together (034).

    UNVERIFIED: of this service only its name is known; question and answer are guesses, built like
    those of 037. No call of the gateway asks it yet. May raise as PopulationSource does.
    """

    async def household(self, request: SourceRequest) -> Household:
        """Return the household of the person asked about, marked as unverified."""
        ...
