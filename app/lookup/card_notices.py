"""What an officer is told where a citizen's card says something else than the national record."""

from app.lookup.addresses import compare_addresses
from app.lookup.card_qr import Card
from app.lookup.gazetteer import Gazetteer
from app.lookup.texts import Notice
from app.lookup.values import Address, Citizen
from app.lookup.verdicts import Verdict
from app.procedures.fields import Field


def card_notices(
    card: Card, citizen: Citizen, permitted: frozenset[Field], gazetteer: Gazetteer
) -> tuple[Notice, ...]:
    """Return the notices about a found citizen whose card was read; neither holds a value.

    The address is compared only for those who may see it, or the notice would tell of it. Whether the
    former number fits may be told: asking for that number says as much.
    """
    notices = []
    if Field.PERMANENT_RESIDENCE in permitted and _has_another_address(card, citizen, gazetteer):
        notices.append(Notice.PRINTED_ADDRESS_DIFFERS)
    if _has_another_old_number(card, citizen):
        notices.append(Notice.OLD_NUMBER_DIFFERS)
    return tuple(notices)


def _has_another_address(card: Card, citizen: Citizen, gazetteer: Gazetteer) -> bool:
    """Whether the record surely contradicts the card, as it would a claim of that address."""
    if card.printed_address is None or citizen.permanent_residence is None:
        return False
    printed = Address(line=card.printed_address)
    return compare_addresses(gazetteer, printed, citizen.permanent_residence) is Verdict.NO


def _has_another_old_number(card: Card, citizen: Citizen) -> bool:
    if card.old_id_number is None or not citizen.old_id_number:
        return False
    return card.old_id_number.digits != citizen.old_id_number
