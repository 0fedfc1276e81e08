"""What testers and watchdogs ask the stand-in itself: statistics, personas, troubles, life."""

from http import HTTPStatus

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mock_c06.identity import old_id_number_of
from mock_c06.journal import Journal
from mock_c06.personas import CATALOGUE, Persona
from mock_c06.troubles import TroubleMaker, Troubles


class Control:
    """The paths under /mock, and /livez; troubles never touch them."""

    def __init__(self, journal: Journal, trouble: TroubleMaker) -> None:
        self._journal = journal
        self._trouble = trouble

    def routes(self) -> list[Route]:
        """Return every control path."""
        return [
            Route("/livez", self.livez),
            Route("/mock/stats", self.stats),
            Route("/mock/access-log.csv", self.access_log),
            Route("/mock/personas", self.personas),
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

    async def troubles(self, _: Request) -> Response:
        """Return the present troubles."""
        return JSONResponse(self._trouble.troubles.model_dump(mode="json"))

    async def set_troubles(self, request: Request) -> Response:
        """Put these troubles in place of the present ones; what is not named is no trouble."""
        try:
            self._trouble.troubles = Troubles.model_validate_json(await request.body())
        except ValidationError as error:
            wrong = error.errors(include_input=False, include_url=False, include_context=False)
            return JSONResponse({"errors": wrong}, HTTPStatus.UNPROCESSABLE_ENTITY)
        return await self.troubles(request)


def _describe(persona: Persona) -> dict[str, str]:
    return {
        "citizen_id": persona.citizen_id,
        "old_id_number": old_id_number_of(persona.citizen_id),
        "full_name": persona.full_name,
        "birth_date": str(persona.birth_date),
        "behaviour": persona.behaviour,
        "note": persona.note,
    }
