"""One lookup as an officer's software asked for it, and what the officer gets."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from app.audit.record import Claim, Outcome
from app.lookup.card_qr import Card
from app.lookup.claims import CitizenClaim
from app.lookup.data_faults import FaultNotice
from app.lookup.dossier import DossierCode, NoDossierReason
from app.lookup.paper import PaperRuling
from app.lookup.receipt_values import IssuedReceipt
from app.lookup.texts import Notice
from app.lookup.values import OldIdNumber, Question
from app.lookup.verdicts import Verdict
from app.procedures.fields import Field
from app.procedures.values import QuestionType

_LOOKUP: Final = QuestionType.LOOKUP  # looked up once: an enum's members cost as much as a call
_VERIFICATION: Final = QuestionType.VERIFICATION


class VerificationMethod(StrEnum):
    """The seven ways of using residence data in the police's instruction (R37)."""

    CHIP_CARD = "chip_card"
    QR_READER = "qr_reader"
    CHIP_READER = "chip_reader"
    ONLINE_LOOKUP = "online_lookup"
    VNEID = "vneid"
    CT07_CONFIRMATION = "ct07_confirmation"
    ID_NOTICE = "id_notice"


class ReceptionChannel(StrEnum):
    """How the dossier reached the desk (F7)."""

    COUNTER = "counter"
    ONLINE = "online"
    POSTAL = "postal"


class LookupCommand(NamedTuple):
    """A question with its reasons; `fields` None asks for all that the procedure permits.

    Where `dossier` is None `no_dossier_reason` says why. `card` is what the question was read from.
    With `citizen_claims` it is a verification: these are judged and nothing is shown. `asks_yes_no` asks only
    whether there is such a person (003, 033), with no fields; `second_number` must be theirs, too.
    """

    question: Question
    procedure_code: str
    dossier: DossierCode | None
    verification_method: VerificationMethod
    reception_channel: ReceptionChannel
    purpose: str | None = None
    fields: frozenset[Field] | None = None
    retry_of: UUID | None = None
    claim: Claim | None = None
    no_dossier_reason: NoDossierReason | None = None
    card: Card | None = None
    wants_confirmation: bool = False
    citizen_claims: tuple[CitizenClaim, ...] = ()
    asks_yes_no: bool = False
    second_number: OldIdNumber | None = None

    def __repr__(self) -> str:
        # Neither the purpose nor what stands on the card.
        return f"LookupCommand(procedure_code={self.procedure_code!r}, dossier={self.dossier!r})"

    @property
    def dossier_code(self) -> str | None:
        """The dossier's code as written, if there is one yet."""
        return self.dossier.text if self.dossier is not None else None

    @property
    def is_card_proof(self) -> bool:
        """Whether the question is what stands on the citizen's card, past every typing error."""
        return self.card is not None and self.card.keeps_accents

    @property
    def question_type(self) -> QuestionType:
        """What kind of question this is to the procedure catalogue."""
        return _VERIFICATION if self.citizen_claims or self.asks_yes_no else _LOOKUP


class Disclosure(NamedTuple):
    """What the officer gets once it is on record; `citizen` holds the permitted fields of a found person.

    `verdicts` answer the claims of a verification, in their order.
    """

    lookup_id: UUID
    outcome: Outcome
    paper: PaperRuling
    fetched_at: datetime
    road: str
    citizen: dict[str, object] | None = None
    notices: tuple[Notice, ...] = ()
    faults: tuple[FaultNotice, ...] = ()
    confirmation: IssuedReceipt | None = None
    verdicts: tuple[Verdict, ...] = ()

    def __repr__(self) -> str:
        # Neither the citizen nor which claims are true.
        return f"Disclosure(lookup_id={self.lookup_id!r}, outcome={self.outcome!r}, paper={self.paper!r})"
