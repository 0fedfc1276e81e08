"""What testers and watchdogs ask the stand-in itself: statistics, personas, troubles, life."""

from http import HTTPStatus

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mock_c06.census import Census
from mock_c06.identity import old_id_number_of
from mock_c06.journal import Journal
from mock_c06.permissions import PermissionDesk, Permissions
from mock_c06.personas import CATALOGUE, Persona
from mock_c06.troubles import TroubleMaker, Troubles

MOST_CITIZENS = 1_000


class Control:
    """The paths under /mock, and /livez; troubles never touch them."""

    def __init__(
        self, journal: Journal, trouble: TroubleMaker, permissions: PermissionDesk, census: Census
    ) -> None:
        self._journal = journal
        self._trouble = trouble
        self._permissions = permissions
        self._census = census

    def routes(self) -> list[Route]:
        """Return every control path."""
        return [
            Route("/livez", self.livez),
            Route("/mock/stats", self.stats),
            Route("/mock/access-log.csv", self.access_log),
            Route("/mock/personas", self.personas),
            Route("/mock/citizens", self.citizens),
            Route("/mock/permissions", self.permissions),
            Route("/mock/permissions", self.set_permissions, methods=["POST"]),
            Route("/mock/troubles", self.troubles),
            Route("/mock/troubles", self.set_troubles, methods=["POST"]),
        ]

    async def livez(self, _: Request) -> Response:
        """Say that the process answers."""
        return JSONResponse({"status": "ok"})

    async def stats(self, _: Request) -> Response:
        """Return the counters."""
        return JSONResponse(self._journal.stats())

    async def access_log(self, _: Request) -> Response:
        """Return the access log as the national side would hand it out; 404 where none is kept."""
        if not self._journal.is_kept:
            return JSONResponse({"error": "no access log is kept: --access-log FILE"}, HTTPStatus.NOT_FOUND)
        return StreamingResponse(
            self._journal.as_csv(),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="access-log.csv"'},
        )

    async def personas(self, _: Request) -> Response:
        """Return the catalogue."""
        return JSONResponse([_describe(persona) for persona in CATALOGUE])

    async def citizens(self, request: Request) -> Response:
        """Return people to ask about, by their places in the population."""
        asked = request.query_params
        try:
            first, count = int(asked.get("first", "0")), int(asked.get("count", "100"))
        except ValueError:
            return _refused("first and count must be whole numbers")
        if first < 0 or not 0 < count <= MOST_CITIZENS:
            return _refused(f"first must not be negative, count must be 1 to {MOST_CITIZENS}")
        people = [
            {"citizen_id": one.citizen_id, "full_name": one.full_name, "birth_date": str(one.birth_date)}
            for one in self._census.people(first, count)
        ]
        return JSONResponse({"population": self._census.size, "citizens": people})

    async def permissions(self, _: Request) -> Response:
        """Return who may ask what."""
        return JSONResponse(self._permissions.permissions.model_dump(mode="json"))

    async def set_permissions(self, request: Request) -> Response:
        """Put these permissions in place of the present ones."""
        try:
            self._permissions.permissions = Permissions.model_validate_json(await request.body())
        except ValidationError as error:
            return _invalid(error)
        return await self.permissions(request)

    async def troubles(self, _: Request) -> Response:
        """Return the present troubles."""
        return JSONResponse(self._trouble.troubles.model_dump(mode="json"))

    async def set_troubles(self, request: Request) -> Response:
        """Put these troubles in place of the present ones; what is not named is no trouble."""
        try:
            self._trouble.troubles = Troubles.model_validate_json(await request.body())
        except ValidationError as error:
            return _invalid(error)
        return await self.troubles(request)


def _invalid(error: ValidationError) -> Response:
    wrong = error.errors(include_input=False, include_url=False, include_context=False)
    return JSONResponse({"errors": wrong}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _refused(reason: str) -> Response:
    return JSONResponse({"error": reason}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _describe(persona: Persona) -> dict[str, str]:
    return {
        "citizen_id": persona.citizen_id,
        "old_id_number": old_id_number_of(persona.citizen_id),
        "full_name": persona.full_name,
        "birth_date": str(persona.birth_date),
        "behaviour": persona.behaviour,
        "note": persona.note,
    }
