"""Where a gateway is killed: the points of "How a lookup runs", steps 4 to 8."""

from enum import StrEnum


class Barrier(StrEnum):
    """One point of a lookup; the number before the dash is the step of docs' "How a lookup runs"."""

    INTENT_HANDED_OVER = "4-before"
    INTENT_COMMITTING = "4-during"
    INTENT_DURABLE = "4-after"
    QUESTION_ASKED = "5-during"
    QUESTION_ANSWERED = "5-after"
    ANSWER_NARROWED = "6-after"
    OUTCOME_HANDED_OVER = "7-before"
    OUTCOME_COMMITTING = "7-during"
    OUTCOME_DURABLE = "7-after"
    RESPONSE_READY = "8-before"
    RESPONSE_HALF_SENT = "8-during"
    RESPONSE_SENT = "8-after"
    ANY_MOMENT = "any"

    @property
    def step(self) -> str:
        """The step it belongs to; `any` stands beside the steps."""
        return self.value.partition("-")[0]


MEANINGS = {
    Barrier.INTENT_HANDED_OVER: "intent made, not given to the writer",
    Barrier.INTENT_COMMITTING: "its rows written, commit pending in PostgreSQL",
    Barrier.INTENT_DURABLE: "intent durable, national side not asked",
    Barrier.QUESTION_ASKED: "the national side has the question",
    Barrier.QUESTION_ANSWERED: "the citizen is in memory",
    Barrier.ANSWER_NARROWED: "compared and narrowed",
    Barrier.OUTCOME_HANDED_OVER: "outcome made, not given to the writer",
    Barrier.OUTCOME_COMMITTING: "its rows written, commit pending in PostgreSQL",
    Barrier.OUTCOME_DURABLE: "outcome durable, no response yet",
    Barrier.RESPONSE_READY: "response made, no byte sent",
    Barrier.RESPONSE_HALF_SENT: "head and part of the citizen sent",
    Barrier.RESPONSE_SENT: "the last byte sent",
    Barrier.ANY_MOMENT: "no barrier: a random moment under load",
}
