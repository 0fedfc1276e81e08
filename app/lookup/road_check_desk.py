"""Checks of the roads for administrators: on record, a few an hour, and nobody asked about before that."""

import json
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from app.accounts.authentication import Caller
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.errors import ProblemCode, TooManyError
from app.lookup.evidence import is_recordable_code
from app.lookup.road_checks import RoadCheck, RoadReport
from app.lookup.source import SourceRequest

_PAUSE_SECONDS: Final = 60.0


class RoadCheckDesk:
    """Tries every road once when an administrator asks; once a minute in this process."""

    def __init__(self, checks: Sequence[RoadCheck], log: AuditLog, clock: Clock) -> None:
        """Try *checks* in turn, record in *log*."""
        self._checks = checks
        self._log = log
        self._clock = clock
        self._free_at = 0.0

    async def run(self, caller: Caller) -> list[RoadReport]:
        """Return what was found, once it is on record.

        Raises TooManyError, before anything is tried, and AuditUnavailableError: nothing may be shown then.
        """
        self._step()
        reports = []
        for check in self._checks:
            asked: list[UUID] = []

            async def note(road: str, request: SourceRequest, asked: list[UUID] = asked) -> None:
                facts = caller.facts() | asked_facts(road, request)
                draft = Draft(
                    RecordKind.UPSTREAM_CHECK_ASKED, self._clock.now(), facts, subject=asked_subject(request)
                )
                await self._log.append(draft)
                asked.append(draft.record_id)

            report = await check.run(note)
            facts = caller.facts() | checked_facts(report)
            if asked:
                facts["part_of"] = str(asked[0])
            await self._log.append(Draft(RecordKind.UPSTREAM_CHECKED, self._clock.now(), facts))
            reports.append(report)
        return reports

    def _step(self) -> None:
        now = self._clock.monotonic()
        if now < self._free_at:
            seconds = max(1, round(self._free_at - now))
            raise TooManyError(ProblemCode.ROADS_CHECKED_JUST_NOW, retry_after_seconds=seconds)
        self._free_at = now + _PAUSE_SECONDS


def asked_facts(road: str, request: SourceRequest) -> dict[str, Value]:
    """Return what the record says that precedes a question about the agreed test person.

    The national side's own log has the same `national_request_id`: reconciliation finds the two together.
    """
    facts: dict[str, Value] = {"road": road, "national_request_id": request.request_id}
    if is_recordable_code(request.officer_code):
        facts["upstream_officer_code"] = request.officer_code
    return facts


def asked_subject(request: SourceRequest) -> bytes:
    """Return whom the question is about, as it is sealed in that record."""
    question = request.question
    person: Mapping[str, str] = {
        "id_number": question.id_number.digits,
        "full_name": question.full_name.text,
        "birth_date": question.birth_date.iso,
    }
    return json.dumps(person, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def checked_facts(report: RoadReport) -> dict[str, Value]:
    """Return what the record says of a check that is over: the road, and each step's finding."""
    took = sum(step.duration_ms for step in report.steps)
    return {"road": report.road, "change": report.summary, "duration_ms": took}
