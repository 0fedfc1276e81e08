"""SOAP as one of the languages a source can speak."""

from adapters.connection import Answer
from adapters.profile import Operation, Profile
from adapters.soap.question import question_xml
from adapters.soap.read import read_citizen, read_confirmation, read_household
from app.lookup.source import SourceRequest
from app.lookup.values import Citizen, Household


class SoapLanguage:
    """Writes and reads SOAP 1.1 under one profile (implements adapters.source.Language)."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def write(self, request: SourceRequest, operation: Operation) -> bytes:
        """Return the envelope; see adapters.soap.question."""
        return question_xml(request, operation, self._profile)

    def read_citizen(self, answer: Answer, wanted: frozenset[str] | None = None) -> Citizen | None:
        """Return what is wanted of the record, or None; see adapters.soap.read."""
        return read_citizen(answer, wanted)

    def read_confirmation(self, answer: Answer) -> bool:
        """Return yes or no; see adapters.soap.read."""
        return read_confirmation(answer)

    def read_household(self, answer: Answer) -> Household:
        """Return the members; see adapters.soap.read. Unverified."""
        return read_household(answer)
