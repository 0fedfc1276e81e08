"""Fakes that behave: the contract suites run on them too."""

from uuid import UUID

from app.audit.log import AlreadyClosedError, ClaimTakenError
from app.audit.record import Claim, Draft, RecordKind
from app.errors import AuditUnavailableError


class FakeAuditLog:
    """An audit log in memory: `drafts` are on record; while `fail` is set nothing gets there."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.fail = False
        self._claims: dict[bytes, tuple[Claim, UUID]] = {}
        self._closed: set[UUID | None] = set()

    @property
    def is_ready(self) -> bool:
        return not self.fail

    async def append(self, draft: Draft) -> None:
        draft.check()
        if self.fail:
            raise AuditUnavailableError
        self._refuse_second_claim(draft.claim)
        self._refuse_second_outcome(draft)
        if draft.claim is not None:
            self._claims[draft.claim.key_digest] = (draft.claim, draft.record_id)
        if draft.kind is RecordKind.LOOKUP_OUTCOME:
            self._closed.add(draft.lookup_id)
        self.drafts.append(draft)

    def _refuse_second_claim(self, claim: Claim | None) -> None:
        if claim is not None and claim.key_digest in self._claims:
            first, lookup_id = self._claims[claim.key_digest]
            raise ClaimTakenError(lookup_id, is_same_request=first.request_digest == claim.request_digest)

    def _refuse_second_outcome(self, draft: Draft) -> None:
        if draft.kind is RecordKind.LOOKUP_OUTCOME and draft.lookup_id in self._closed:
            raise AlreadyClosedError
