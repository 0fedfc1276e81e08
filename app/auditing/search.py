"""The auditor's first question: who looked this citizen up, what did this officer look up."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from app.accounts.authentication import Caller
from app.accounts.store import Accounts
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.auditing.criteria import Position, Search
from app.auditing.reader import AuditReader, Found
from app.clock import Clock
from app.database.live import LiveView
from app.errors import InvalidRequestError, ProblemCode

MAX_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer; `next_cursor` is None on the last."""

    lookups: Sequence[Found]
    next_cursor: str | None


class AuditSearcher:
    """Answers auditors, and records that it did before it does."""

    def __init__(
        self, reader: AuditReader, accounts: LiveView[Accounts], log: AuditLog, clock: Clock
    ) -> None:
        """Read with *reader*, record in *log*."""
        self._reader = reader
        self._accounts = accounts
        self._log = log
        self._clock = clock

    async def search(self, auditor: Caller, search: Search) -> Page:
        """Return one page, newest first, once the search itself is on record.

        Raises AuditUnavailableError where it cannot be done or recorded.
        """
        found = await self._reader.find(replace(search, page_size=search.page_size + 1))
        page, more = found[: search.page_size], len(found) > search.page_size
        await self._log.append(self._draft(auditor, search, len(page)))  # durable before anything is shown
        last = page[-1] if page else None
        cursor = Position(last.recorded_at, last.record_id).to_text() if last and more else None
        return Page(page, cursor)

    def officer_names(self) -> Mapping[str, str]:
        """Return the login name of every officer, by id as records write it, for showing."""
        return {
            str(officer_id): officer.login_name
            for officer_id, officer in self._accounts.current.officers.items()
        }

    def officer_id(self, login_name: str) -> UUID:
        """Return whose login name this is; InvalidRequestError where nobody's."""
        officer = self._accounts.current.officers_by_login.get(login_name)
        if officer is None:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/officer_login",))
        return officer.officer_id

    def _draft(self, auditor: Caller, search: Search, count: int) -> Draft:
        by = [name for name, asked in (("citizen", search.number), ("officer", search.officer_id)) if asked]
        facts: dict[str, Value] = auditor.facts() | {
            "case_number": search.case_number,
            "searched_by": " ".join(by),
            "searched_from": search.first_day.isoformat(),
            "searched_to": search.last_day.isoformat(),
            "search_results": count,
        }
        if search.officer_id is not None:
            facts["searched_officer_id"] = str(search.officer_id)
        subject = json.dumps({"id_number": search.number}).encode() if search.number else None
        return Draft(RecordKind.AUDIT_SEARCHED, self._clock.now(), facts, subject=subject)
