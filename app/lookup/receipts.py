"""Receipts for the dossier: signed papers that leave once they are on record, and how each is checked."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.authentication import Caller
from app.accounts.throttling import SignInsThrottledError, SignInThrottle
from app.accounts.trouble import database_trouble
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind
from app.clock import Clock
from app.database.live import LiveView
from app.errors import ConflictError, GatewayError, NotFoundError, ProblemCode
from app.logs import LogEvent, get_logger
from app.lookup.command import Disclosure, LookupCommand
from app.lookup.paper import PaperReason
from app.lookup.receipt_lines import citizen_lines
from app.lookup.receipt_store import EndedLookup, ReceiptStore, add_receipt
from app.lookup.receipt_values import IssuedReceipt, Receipt, ReceiptId, ReceiptKind
from app.lookup.signing_certificates import SigningCertificates
from app.lookup.texts import PAPER_REASONS
from app.papers.drawing import draw_confirmation, draw_refusal
from app.papers.press import PaperPress, PapersBusyError
from app.papers.signing import sealed
from app.papers.values import Asked, Line, Marks
from app.procedures.store import Catalogue
from app.units.store import UnitRegister
from app.web.papers import PAPER_NAMES

_log = get_logger(__name__)
_DRAW_SECONDS: Final = 5.0  # for waiting and drawing: the answer waits meanwhile

_REFUSALS_PER_SECOND: Final = 5.0


class ReceiptsNotSetUpError(GatewayError):
    """There is no certificate in force, or its key does not open."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(ProblemCode.RECEIPTS_NOT_SET_UP)


@dataclass(frozen=True, slots=True)
class Views:
    """What receipts read of the directory."""

    certificates: LiveView[SigningCertificates]
    catalogue: LiveView[Catalogue]
    units: LiveView[UnitRegister]


@dataclass(frozen=True, slots=True)
class _Paper:
    """A receipt about to be drawn: which kind, of what, and how."""

    kind: ReceiptKind
    lookup_id: UUID
    unit_name: str
    draw: Callable[[Marks], bytes]


class _Share:
    """Shares the drawing of refusals fairly among officers: each call makes a new one."""

    def __init__(self, clock: Clock) -> None:
        self._throttle = SignInThrottle(clock, per_second=_REFUSALS_PER_SECOND)

    def step(self, officer_id: UUID) -> None:
        """Count one; PapersBusyError where others go first."""
        try:
            self._throttle.step(str(officer_id))
        except SignInsThrottledError:
            raise PapersBusyError from None


class ReceiptDesk:
    """Issues receipts and says which ones it issued."""

    def __init__(
        self,
        views: Views,
        store: ReceiptStore,
        changes: ChangeLog,
        press: PaperPress,
        clock: Clock,
        public_url: str,
        *,
        draw_seconds: float = _DRAW_SECONDS,
    ) -> None:
        """Draw with *press*, record through *changes*; receipts lead to *public_url* to be checked."""
        self._share = _Share(clock)
        self._draw_seconds = draw_seconds
        self._views = views
        self._store = store
        self._changes = changes
        self._press = press
        self._clock = clock
        self._address = f"{public_url.rstrip('/')}/v1/receipts/"

    async def confirm(self, caller: Caller, command: LookupCommand, disclosure: Disclosure) -> Disclosure:
        """Return *disclosure*, which is on record, with its signed confirmation.

        Without one where nobody was found, and where none can be made, drawn in time or recorded: the
        answer itself is never lost for it.
        """
        if disclosure.citizen is None:
            return disclosure
        try:
            paper = self._confirmation(caller, command, disclosure, citizen_lines(disclosure.citizen))
            issued = await self._issue(caller, paper)
        except Exception as error:  # noqa: BLE001 - the lookup succeeded, whatever a paper meets
            _log.error(LogEvent.RECEIPT_FAILED, lookup_id=str(disclosure.lookup_id), exc_info=error)
            return disclosure
        return disclosure._replace(confirmation=issued)

    def _confirmation(
        self, caller: Caller, command: LookupCommand, disclosure: Disclosure, lines: Sequence[Line]
    ) -> _Paper:
        asked = Asked(
            str(disclosure.lookup_id),
            disclosure.fetched_at,
            caller.unit.name,
            caller.officer.full_name,
            self._procedure(command.procedure_code),
            command.dossier_code or "Chưa có mã hồ sơ",
        )
        draw = partial(draw_confirmation, asked, lines)
        return _Paper(ReceiptKind.CONFIRMATION, disclosure.lookup_id, asked.unit_name, draw)

    async def refuse(self, caller: Caller, lookup_id: UUID) -> IssuedReceipt:
        """Return a signed receipt that the officer's lookup was impossible; each call issues a new one.

        Raises NotFoundError (not theirs), ConflictError (it still runs, or opens no paper),
        ReceiptsNotSetUpError, PapersBusyError and AuditUnavailableError.
        """
        self._share.step(caller.officer.officer_id)
        lookup = await self._store.find_lookup(lookup_id)
        if lookup is None or lookup.officer_id != caller.officer.officer_id:
            raise NotFoundError(ProblemCode.LOOKUP_UNKNOWN)
        if lookup.outcome is None:
            raise ConflictError(ProblemCode.LOOKUP_NOT_ENDED, lookup_id=lookup_id)
        if not lookup.may_ask:
            raise ConflictError(ProblemCode.PAPER_NOT_OPEN, lookup_id=lookup_id, outcome=lookup.outcome.value)
        asked = self._asked(caller, lookup)
        because = PAPER_REASONS[PaperReason(lookup.outcome.value)]["vi"]
        papers = [name["vi"] for name in PAPER_NAMES.values()]
        draw = partial(draw_refusal, asked, because, papers)
        with database_trouble():
            return await self._issue(caller, _Paper(ReceiptKind.REFUSAL, lookup_id, asked.unit_name, draw))

    async def check(self, text: str) -> Receipt | None:
        """Return what is kept of the receipt with this id; None where none was issued."""
        receipt_id = ReceiptId.parse(text)
        return await self._store.find(receipt_id.digest) if receipt_id is not None else None

    async def _issue(self, caller: Caller, paper: _Paper) -> IssuedReceipt:
        now = self._clock.now()
        signing = self._views.certificates.current.seal(now)
        if signing is None:
            raise ReceiptsNotSetUpError
        (seal, certificate), receipt_id = signing, ReceiptId.generate()
        marks = Marks(receipt_id.text, self._address + receipt_id.text, now, certificate.holder)
        content = await self._drawn(partial(sealed, partial(paper.draw, marks), seal, now))
        receipt = Receipt(
            receipt_id.digest,
            receipt_id.digest_of(content),
            paper.kind,
            paper.lookup_id,
            paper.unit_name,
            now,
        )
        await self._record(caller, receipt, certificate.fingerprint)  # durable before the paper leaves
        return IssuedReceipt(receipt_id, content)

    async def _drawn(self, draw: Callable[[], bytes]) -> bytes:
        try:
            async with asyncio.timeout(self._draw_seconds):
                return await self._press.draw(draw)
        except TimeoutError:
            raise PapersBusyError from None

    async def _record(self, caller: Caller, receipt: Receipt, fingerprint: str) -> None:
        facts = caller.facts() | {
            "lookup_id": str(receipt.lookup_id),
            "receipt_kind": receipt.kind.value,
            "receipt_id_digest": receipt.id_digest.hex(),
            "receipt_digest": receipt.content_digest.hex(),
            "certificate": fingerprint,
        }

        async def work(connection: AsyncConnection) -> Change[None]:
            await add_receipt(connection, receipt)
            return Change(None, RecordKind.RECEIPT_ISSUED, facts)

        await self._changes.make(work)

    def _asked(self, caller: Caller, lookup: EndedLookup) -> Asked:
        unit = self._views.units.current.find(lookup.unit_id) or caller.unit  # its successor, once it ended
        return Asked(
            str(lookup.lookup_id),
            lookup.asked_at,
            unit.name,
            caller.officer.full_name,
            self._procedure(lookup.procedure_code or ""),
            lookup.dossier_code or "Chưa có mã hồ sơ",
        )

    def _procedure(self, code: str) -> str:
        known = self._views.catalogue.current.procedures.get(code)
        return f"{code} – {known.name}" if known is not None else code
