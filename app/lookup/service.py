"""The lookup's story: the question is on record before it is asked, the answer before it is shown."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from app.accounts.authentication import Caller
from app.audit.log import AlreadyClosedError, AuditLog
from app.audit.record import Draft, Outcome
from app.audit.tree.anchoring import AnchorGuard
from app.clock import Clock, local_day
from app.database.live import LiveView
from app.errors import (
    AuditUnavailableError,
    GatewayError,
    NotAllowedError,
    ProblemCode,
    SourceError,
)
from app.logs import LogEvent, get_logger
from app.lookup.admission import Admission
from app.lookup.command import Disclosure, LookupCommand
from app.lookup.decision import Permit
from app.lookup.dossier_book import DossierBook, why_not_open
from app.lookup.evidence import intent_draft, national_request_id, outcome_draft, refusal_draft
from app.lookup.findings import Finding, judge
from app.lookup.narrowing import disclosed_fields
from app.lookup.notice import NoticeDesk
from app.lookup.pace import OfficerPace
from app.lookup.paper import rule_paper
from app.lookup.permits import Permits
from app.lookup.retrying import OPENING, RetryCheck
from app.lookup.source import Journey, PopulationSource, SourceRequest
from app.lookup.unavailable import UnavailableError, Why
from app.lookup.values import Citizen
from app.procedures.store import Catalogue
from app.time_limit import TimeLimit

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LookupPolicy:
    """What a province sets: the time budget, and whether paper needs a second entry."""

    budget_seconds: float
    paper_needs_second_entry: bool


class _Asked(NamedTuple):
    """A question that is on record: which, since when by the monotonic clock, and what becomes of it."""

    lookup_id: UUID
    at: float
    journey: Journey


class LookupService:
    """Looks citizens up for officers."""

    def __init__(
        self,
        catalogue: LiveView[Catalogue],
        source: PopulationSource,
        log: AuditLog,
        clock: Clock,
        policy: LookupPolicy,
        *,
        pace: OfficerPace,
        admission: Admission,
        notices: NoticeDesk,
        retries: RetryCheck,
        dossiers: DossierBook | None = None,
        anchors: AnchorGuard | None = None,
    ) -> None:
        """Ask *source*, record in *log*, decide by *catalogue*, *policy* and what *dossiers* knows."""
        self._catalogue = catalogue
        self._source = source
        self._log = log
        self._clock = clock
        self._policy = policy
        self._pace = pace
        self._admission = admission
        self._notices = notices
        self._retries = retries
        self._dossiers = dossiers
        self._anchors = anchors
        self._permits = Permits()

    async def look_up(self, caller: Caller, command: LookupCommand) -> Disclosure:
        """Return what the procedure lets this officer see, once question and answer are both on record.

        Raises TooManyError, InvalidRequestError (retry_of), NotAllowedError, SourceError,
        AuditUnavailableError, NotAnchoredError (before anything else, and not on record),
        ClaimTakenError where the command's claim led to a lookup before, and
        GatewayError(INTERNAL_ERROR) for what nobody foresaw.
        """
        if self._anchors is not None:
            self._anchors.check()
        now = self._clock.now()
        self._pace.step(caller.officer.officer_id, now)
        permit = await self._permit(caller, command, now)
        was_entered_again = command.is_card_proof
        if command.retry_of is not None:
            was_entered_again = await self._retries.was_entered_again(caller, command, command.retry_of)
        waited_seconds = await self._admission.enter(caller, command.question.id_number)
        try:
            budget_seconds = self._policy.budget_seconds - waited_seconds
            return await self._ask_on_record(
                caller, command, permit, budget_seconds, was_entered_again=was_entered_again
            )
        finally:
            self._admission.leave()

    async def _ask_on_record(
        self,
        caller: Caller,
        command: LookupCommand,
        permit: Permit,
        budget_seconds: float,
        *,
        was_entered_again: bool,
    ) -> Disclosure:
        """Ask between two records: what is asked before it is, what came of it before it is shown."""
        intent = intent_draft(caller, command, permit, self._source.road, self._clock.now())
        await self._log.append(intent)  # durable before the national side is asked
        asked = _Asked(intent.record_id, self._clock.monotonic(), Journey())
        try:
            finding = await self._find_out(asked, command, permit, budget_seconds)
        except GatewayError as error:
            await self._close_failed(asked, error)
            raise
        except asyncio.CancelledError:
            await self._close_abandoned(asked)
            raise
        return await self._disclose(asked, finding, was_entered_again=was_entered_again)

    async def _permit(self, caller: Caller, command: LookupCommand, now: datetime) -> Permit:
        """Return the permit, or record the refusal and raise it."""
        day, officer_id = local_day(now), caller.officer.officer_id
        decision = self._permits.decide(self._catalogue.current, caller, command, day)
        if isinstance(decision, Permit) and not await self._notices.has_accepted_on(day, officer_id):
            decision = ProblemCode.NOTICE_NOT_ACCEPTED
        if isinstance(decision, Permit) and self._dossiers is not None:
            decision = await why_not_open(self._dossiers, command.dossier) or decision
        if isinstance(decision, Permit):
            return decision
        refusal = refusal_draft(caller, command, decision, self._clock.now())
        await self._log.append(refusal)
        pointer = "/claims" if command.citizen_claims else "/fields"
        fields = (pointer,) if decision is ProblemCode.FIELD_NOT_PERMITTED else ()
        raise NotAllowedError(decision, fields=fields, lookup_id=refusal.record_id)

    async def _find_out(
        self, asked: _Asked, command: LookupCommand, permit: Permit, budget_seconds: float
    ) -> Finding:
        """Ask and judge; whatever an adapter or our own comparing meets becomes a GatewayError."""
        try:
            citizen = await self._ask(asked, command, permit, budget_seconds)
            finding = judge(command, permit, citizen)
            must_again = self._policy.paper_needs_second_entry
            if must_again and finding.outcome in OPENING:
                await self._retries.remember(asked.lookup_id, command.question)
            return finding  # noqa: TRY300 - the whole of it is tried
        except GatewayError:
            raise
        except Exception as error:  # noqa: BLE001 - an intent must not stay open because of a mistake of ours
            _log.error(LogEvent.REQUEST_FAILED, lookup_id=str(asked.lookup_id), exc_info=error)
        # Raised outside "except": the error's text may carry the citizen.
        raise GatewayError(ProblemCode.INTERNAL_ERROR)

    async def _ask(
        self, asked: _Asked, command: LookupCommand, permit: Permit, budget_seconds: float
    ) -> Citizen | None:
        request = SourceRequest(
            national_request_id(asked.lookup_id),
            permit.officer_code,
            permit.service_code,
            command.question,
            budget_seconds,
            asked.journey,
            permit.fields,
        )
        try:
            with TimeLimit(budget_seconds):
                return await self._source.find(request)
        except TimeoutError:
            raise UnavailableError("timeout", Why.HUNG, was_sent=True) from None

    async def _disclose(self, asked: _Asked, finding: Finding, *, was_entered_again: bool) -> Disclosure:
        paper = rule_paper(
            finding.outcome,
            was_entered_again=was_entered_again,
            must_enter_again=self._policy.paper_needs_second_entry,
            is_number_changed=finding.is_number_changed,
        )
        now = self._clock.now()
        draft = outcome_draft(
            asked.lookup_id,
            finding.outcome,
            paper,
            now,
            self._clock.monotonic() - asked.at,
            disclosed=disclosed_fields(finding.shown or {}),
            differing=finding.differing,
            notices=finding.notices,
            faults=[notice.fault for notice in finding.faults] if finding.faults else (),
            claims_answered=finding.claims_answered,
            journey=asked.journey,
        )
        await self._close(asked.lookup_id, draft)  # durable before anything is shown
        return Disclosure(
            asked.lookup_id,
            finding.outcome,
            paper,
            now,
            asked.journey.road or self._source.road,
            finding.shown,
            finding.notices,
            finding.faults,
            None,
            finding.verdicts,
        )

    async def _close_failed(self, asked: _Asked, error: GatewayError) -> None:
        error.lookup_id = asked.lookup_id
        reason = error.reason if isinstance(error, SourceError) else "not_sent"
        told = {"road": asked.journey.road} if asked.journey.road else {}
        _log.warning(
            LogEvent.SOURCE_FAILED,
            lookup_id=str(asked.lookup_id),
            code=str(error.code),
            reason=reason,
            **told,
        )
        outcome = _FAILED.get(error.code, Outcome.NOT_PERMITTED)
        await self._close(asked.lookup_id, self._failure(asked, outcome, error.code))

    async def _close_abandoned(self, asked: _Asked) -> None:
        """Close a lookup that was cancelled: nothing is released; the reconciler does it where we cannot."""
        with contextlib.suppress(AuditUnavailableError):
            await self._close(asked.lookup_id, self._failure(asked, Outcome.UNKNOWN))

    def _failure(self, asked: _Asked, outcome: Outcome, code: ProblemCode | None = None) -> Draft:
        paper = rule_paper(outcome, was_entered_again=False, must_enter_again=True)
        duration = self._clock.monotonic() - asked.at
        return outcome_draft(
            asked.lookup_id,
            outcome,
            paper,
            self._clock.now(),
            duration,
            problem=code,
            journey=asked.journey,
        )

    async def _close(self, lookup_id: UUID, draft: Draft) -> None:
        try:
            # The log writes an outcome on its way even when whoever asked gives up meanwhile.
            await self._log.append(draft)
        except AlreadyClosedError:
            # The reconciler was first: it is on record that nothing was released, so nothing is.
            raise AuditUnavailableError(lookup_id=lookup_id) from None
        except AuditUnavailableError:
            raise AuditUnavailableError(lookup_id=lookup_id) from None


_FAILED: Final = {
    ProblemCode.UPSTREAM_UNAVAILABLE: Outcome.UPSTREAM_UNAVAILABLE,
    ProblemCode.UPSTREAM_CONFUSED: Outcome.UPSTREAM_CONFUSED,
    ProblemCode.INTERNAL_ERROR: Outcome.UNKNOWN,
}
