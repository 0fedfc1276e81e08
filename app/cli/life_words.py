"""What an operator is told where an account's life cannot go on as asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated

import typer

from app.accounts.life_problems import life_problems
from app.accounts.posting_plan import Document, Notice
from app.accounts.reasons import parse_reason
from app.cli.inputs import today
from app.errors import ConfigurationError, GatewayError
from app.web.problem_texts import TEXTS

Letter = Annotated[str, typer.Option("--document", help="number of the written notice (số văn bản)")]
OnDay = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="first day it holds; today by default")
]


@contextmanager
def told() -> Iterator[None]:
    """Turn refusals into ConfigurationError with the words that the API uses."""
    try:
        with life_problems():
            yield
    except GatewayError as error:
        text = TEXTS[error.code]["en"]
        raise ConfigurationError(f"{text.detail} {text.next_step}") from None


def notice_of(on: datetime | None, document: str) -> Notice:
    """Return what a written notice orders from a day on; ConfigurationError for no number of a document."""
    return Notice(day_of(on) or today(), today(), Document(document_number(document)))


def document_number(typed: str) -> str:
    """Return it as it goes on record; ConfigurationError for what no document is numbered."""
    try:
        return parse_reason(typed)
    except ValueError:
        raise ConfigurationError(
            "a document's number has 1 to 200 characters on one line and no nine digits in a row"
        ) from None


def day_of(typed: datetime | None) -> date | None:
    """Return the day typed, or None."""
    return typed.date() if typed is not None else None
