"""What every profile of one stand-in shares: set-up, counter, journal, troubles and clock."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from mock_c06.config import MockConfig
from mock_c06.counter import Counter
from mock_c06.journal import Journal
from mock_c06.question import Question
from mock_c06.reading import check_content_type, read_question
from mock_c06.troubles import TroubleMaker


@dataclass(frozen=True, slots=True)
class Office:
    """One stand-in as its profiles see it; `clock` gives Unix seconds."""

    config: MockConfig
    counter: Counter
    journal: Journal
    trouble: TroubleMaker
    clock: Callable[[], float]

    def read_soap(self, form: str) -> Callable[[Request, bytes, str | None], Question]:
        """Return what reads SOAP questions as this profile takes them; see mock_c06.counter.Manners."""
        config = self.config
        dialects = config.dialects_of(form)

        def read(request: Request, content: bytes, operation: str | None) -> Question:
            check_content_type(request.headers, is_strict=config.is_strict)
            return read_question(
                content, operation, is_strict=config.is_strict, sequences=config.sequences, dialects=dialects
            )

        return read
