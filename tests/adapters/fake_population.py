"""A national side in memory that behaves: a ten-line cousin of the stand-in, for the contract suite."""

from app.errors import SourceSilentError
from app.lookup.names import same_name
from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, Citizen, CitizenId, Household
from mock_c06.personas import CATALOGUE, Behaviour


class FakePopulation:
    """Knows the personas that are simply found; a lone year matches any day of it."""

    road = "fake-road"

    def __init__(self) -> None:
        self.request_ids: list[str] = []
        self._citizens = [
            Citizen(
                persona.citizen_id,
                persona.full_name,
                BirthDate.of(persona.birth_date.day)
                if persona.birth_date.day
                else BirthDate(persona.birth_date.year),
                old_id_number=f"990{persona.citizen_id[-6:]}",
            )
            for persona in CATALOGUE
            if persona.behaviour is Behaviour.FOUND
        ]

    async def find(self, request: SourceRequest) -> Citizen | None:
        if request.budget_seconds <= 0:
            raise SourceSilentError("timeout")
        self.request_ids.append(request.request_id)
        return next((citizen for citizen in self._citizens if _is_meant(citizen, request)), None)

    async def confirm(self, request: SourceRequest) -> bool:
        return await self.find(request) is not None

    async def household(self, request: SourceRequest) -> Household:
        citizen = await self.find(request)
        return Household(() if citizen is None else (citizen,))


def _is_meant(citizen: Citizen, request: SourceRequest) -> bool:
    asked, known = request.question, citizen.birth_date
    number = citizen.id_number if isinstance(asked.id_number, CitizenId) else citizen.old_id_number
    is_born_then = known == asked.birth_date or (
        asked.birth_date.is_year_only and known is not None and known.year == asked.birth_date.year
    )
    return (
        number == asked.id_number.digits
        and same_name(asked.full_name.text, citizen.full_name)
        and is_born_then
    )
