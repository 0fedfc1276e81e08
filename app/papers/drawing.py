"""Draws papers, and imports what draws them with the first one.

reportlab, Pillow and the rest weigh nineteen megabytes, which most processes that serve never need. Blocks
for tenths of a second; that is for a press (`app.papers.press`).
"""

from collections.abc import Sequence
from importlib import import_module

from app.papers.values import Asked, Handover, Line, Marks, Slip, SubjectPaper


def draw_confirmation(asked: Asked, citizen: Sequence[Line], marks: Marks) -> bytes:
    """Return the confirmation of a lookup: `app.papers.confirmation`."""
    content: bytes = import_module("app.papers.confirmation").draw_confirmation(asked, citizen, marks)
    return content


def draw_refusal(asked: Asked, because: str, papers: Sequence[str], marks: Marks) -> bytes:
    """Return the receipt that a lookup was impossible: `app.papers.refusal`."""
    content: bytes = import_module("app.papers.refusal").draw_refusal(asked, because, papers, marks)
    return content


def draw_subject_report(paper: SubjectPaper) -> bytes:
    """Return the report to a citizen: `app.papers.subject_report`."""
    content: bytes = import_module("app.papers.subject_report").draw_subject_report(paper)
    return content


def draw_slips(slips: Sequence[Slip], *, authority_name: str, activation_address: str) -> bytes:
    """Return sealed slips with activation codes: `app.papers.slips`."""
    content: bytes = import_module("app.papers.slips").draw_slips(
        slips, authority_name=authority_name, activation_address=activation_address
    )
    return content


def draw_handover(handover: Handover) -> bytes:
    """Return the record of a handover: `app.papers.handover`."""
    content: bytes = import_module("app.papers.handover").draw_handover(handover)
    return content
