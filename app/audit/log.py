"""The port through which the gateway records; a record is durable when `append` returns."""

from typing import Protocol
from uuid import UUID

from app.audit.record import Draft


class ClaimTakenError(Exception):
    """The key of this draft already led to a lookup; the draft was not recorded."""

    def __init__(self, lookup_id: UUID, *, is_same_request: bool) -> None:
        """Name that lookup, and whether it asked the same."""
        super().__init__("this key already led to a lookup")
        self.lookup_id = lookup_id
        self.is_same_request = is_same_request


class AlreadyClosedError(Exception):
    """The lookup already has an outcome; the first one wins and this draft was not recorded."""


class AuditLog(Protocol):
    """Where records go; implemented by the group-committing writer and by the tests' fake."""

    async def append(self, draft: Draft) -> None:
        """Return once *draft* is durable.

        Whoever gives up waiting takes the draft back while that is possible; but an outcome on its way is
        written all the same.
        Raises AuditUnavailableError where that is not certain (the record may exist all the same),
        ClaimTakenError and AlreadyClosedError where it was certainly not recorded.
        """
        ...

    @property
    def is_ready(self) -> bool:
        """Whether a record could be written now, as far as is known."""
        ...
