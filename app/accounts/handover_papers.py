"""The papers of a handover, made of accounts and units: sealed slips, and the record that both sides sign."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from app.accounts.handover_store import HandoverView, SlipHolder
from app.clock import local_day
from app.papers.drawing import draw_handover, draw_slips
from app.papers.values import HandedOver, Handover, Party, Slip

Draw = Callable[[], bytes]
_BY_HAND: Final = (
    "........................................"  # written on the paper, as Vietnamese forms have it
)
_POSITIONLESS: Final = "Cán bộ, công chức"


@dataclass(frozen=True, slots=True)
class Heading:
    """Who hands over: the authority at the top of the papers, and the person, where one is known."""

    authority_name: str
    giver: str | None = None
    giver_position: str | None = None


def slips_of(
    batch_id: UUID,
    codes: Mapping[UUID, str],
    holders: tuple[SlipHolder, ...],
    unit_name: str,
    expires_at: datetime,
    heading: Heading,
    activation_address: str,
) -> Draw:
    """Return what draws the slips; their codes are on no other paper and are kept nowhere."""
    slips = tuple(
        Slip(
            number=_slip_number(batch_id, place),
            full_name=holder.officer.full_name,
            login_name=holder.officer.login_name,
            unit_name=unit_name,
            position=holder.position or _POSITIONLESS,
            activation_code=codes[holder.officer.officer_id],
            expires_at=expires_at,
        )
        for place, holder in enumerate(holders, start=1)
    )
    return partial(
        draw_slips, slips, authority_name=heading.authority_name, activation_address=activation_address
    )


def record_of(handover: HandoverView, unit_name: str, heading: Heading) -> Draw:
    """Return what draws the handover record; it holds no code."""
    received = handover.received_by
    return partial(
        draw_handover,
        Handover(
            number=number_of(handover.batch_id),
            authority_name=heading.authority_name,
            unit_name=unit_name,
            place="....................",
            day=local_day(handover.issued_at),
            giver=Party(
                heading.giver or _BY_HAND, heading.giver_position or _BY_HAND, heading.authority_name
            ),
            receiver=Party(received or _BY_HAND, _BY_HAND, unit_name),
            documents=(f"văn bản số {handover.document_number}",) if handover.document_number else (),
            slips=tuple(
                HandedOver(
                    _slip_number(handover.batch_id, place),
                    holder.officer.full_name,
                    holder.officer.login_name,
                    holder.position or _POSITIONLESS,
                )
                for place, holder in enumerate(handover.holders, start=1)
            ),
        ),
    )


def number_of(batch_id: UUID) -> str:
    """Return the number that stands on a handover's papers."""
    return f"BG-{batch_id.hex[-6:].upper()}"


def _slip_number(batch_id: UUID, place: int) -> str:
    return f"{batch_id.hex[-6:].upper()}-{place:03d}"
