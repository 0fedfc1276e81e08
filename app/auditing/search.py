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
from app.auditing.criteria import About, Position, Search
from app.auditing.quotas import QuotaKeeper
from app.auditing.reader import AuditReader, Found
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
        await self._quota.check(auditor.officer.officer_id)
        found = await self._reader.find(replace(search, page_size=search.page_size + 1))
        page, more = found[: search.page_size], len(found) > search.page_size
        draft = search_draft(auditor, search, len(page), self._clock)
        await self._log.append(draft)  # durable before anything is shown
        await self._quota.confirm(auditor.officer.officer_id)
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


def search_draft(auditor: Caller, search: Search, count: int, clock: Clock) -> Draft:
    """Return the record of a search: for which case, by what, of which days, and how many were found."""
    return Draft(
        RecordKind.AUDIT_SEARCHED,
        clock.now(),
        auditor.facts() | searched_facts(search) | {"search_results": count},
        subject=json.dumps({"id_number": search.number}).encode() if search.number else None,
    )


def searched_facts(search: Search) -> dict[str, Value]:
    """Return what a record says of the search; the citizen stands in it sealed only."""
    facts: dict[str, Value] = {
        "case_number": search.case_number,
        "searched_by": " ".join(search.criteria),
        "searched_from": search.first_day.isoformat(),
        "searched_to": search.last_day.isoformat(),
    }
    named = {
        "searched_officer_id": search.officer_id,
        "searched_unit_id": " ".join(map(str, sorted(search.unit_ids))) or None,
        "searched_client_id": search.client_id,
        "searched_dossier_code": search.dossier_code,
        "searched_procedure_code": search.procedure_code,
        "searched_outcome": search.outcome,
        "searched_paper": _paper(search) or None,
        "searched_about": search.about.value if search.about is not About.LOOKUPS else None,
    }
    facts |= {name: str(value) for name, value in named.items() if value is not None}
    return facts | ({"search_continued": 1} if search.after is not None else {})


def _paper(search: Search) -> str:
    asked = {"may_ask": search.paper_may_ask, "asked": search.paper_asked}
    return " ".join(f"{name}={int(value)}" for name, value in asked.items() if value is not None)
