"""The auditor's questions: who looked this citizen up, what did this officer look up, who read that."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.accounts.authentication import Caller
from app.accounts.store import Accounts
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.auditing.alerts import ReadingAlert
from app.auditing.continuing import is_continued
from app.auditing.criteria import Position, Search
from app.auditing.quotas import QuotaKeeper
from app.auditing.reader import AuditReader, Found
from app.auditing.search_facts import searched_facts
from app.clock import Clock
from app.database.live import LiveView

MAX_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer; `next_cursor` is None on the last."""

    lookups: Sequence[Found]
    next_cursor: str | None


class AuditSearcher:
    """Answers auditors within their quota, and records that it did before it does."""

    def __init__(
        self,
        reader: AuditReader,
        accounts: LiveView[Accounts],
        log: AuditLog,
        quota: QuotaKeeper,
        alert: ReadingAlert,
        clock: Clock,
    ) -> None:
        """Read with *reader*, record in *log*; *alert* hears of each search."""
        self._reader = reader
        self._accounts = accounts
        self._log = log
        self._quota = quota
        self._alert = alert
        self._clock = clock

    async def search(self, auditor: Caller, search: Search) -> Page:
        """Return one page, newest first, once the search itself is on record.

        Raises TooManyError, and AuditUnavailableError where it cannot be done or recorded.
        """
        officer_id = auditor.officer.officer_id
        await self._quota.check(officer_id)
        continued = await is_continued(self._reader, officer_id, search, self._clock.now())
        found = await self._reader.find(replace(search, page_size=search.page_size + 1))
        page, more = found[: search.page_size], len(found) > search.page_size
        draft = _draft(auditor, search, len(page), self._clock, continued=continued)
        await self._log.append(draft)  # durable before anything is shown
        await self._quota.confirm(officer_id)
        if not continued:
            await self._alert.look(auditor, search)
        last = page[-1] if page else None
        cursor = Position(last.recorded_at, last.record_id).to_text() if last and more else None
        return Page(page, cursor)

    def officer_names(self) -> Mapping[str, str]:
        """Return the login name of every officer, by id as records write it, for showing."""
        return {
            str(officer_id): officer.login_name
            for officer_id, officer in self._accounts.current.officers.items()
        }


def _draft(auditor: Caller, search: Search, count: int, clock: Clock, *, continued: bool) -> Draft:
    """Return the record of a search: for which case, by what, of which days, and how many were found."""
    found: dict[str, Value] = {"search_results": count}
    if continued:
        found["search_continued"] = 1
    return Draft(
        RecordKind.AUDIT_SEARCHED,
        clock.now(),
        auditor.facts() | searched_facts(search) | found,
        subject=json.dumps({"id_number": search.number}).encode() if search.number else None,
    )
