"""The number that stands for all that is known of an entry, and entries as the API says them."""

import hashlib
import json
from collections.abc import Sequence

from app.procedures.catalogue.schemas import ProcedureAnswer, VersionAnswer, WholeProcedureAnswer
from app.procedures.catalogue.values import Version
from app.procedures.store import values_of

_NUMBER_BYTES = 7  # a JSON reader keeps 53 bits exactly


def version_number(versions: Sequence[Version]) -> int:
    """Return a number that another one takes the place of whenever anything about the entry changes."""
    said = [
        [str(one.holds_from), str(one.holds_to), one.document_number, values_of(one.procedure)]
        for one in versions
    ]
    content = json.dumps(said, sort_keys=True, default=str).encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:_NUMBER_BYTES]) >> 3


def procedure_said(version: Version) -> ProcedureAnswer:
    """Return what one version says."""
    procedure = version.procedure
    return ProcedureAnswer(
        procedure_code=procedure.procedure_code,
        name=procedure.name,
        field_of_work=procedure.field_of_work,
        service_code=procedure.service_code,
        legal_basis=procedure.legal_basis,
        fields={field.value: procedure.fields[field] for field in sorted(procedure.fields)},
        question_types=sorted(kind.value for kind in procedure.question_types),
        roles=sorted(role.value for role in procedure.roles),
        is_decree_104=procedure.is_decree_104,
        valid_from=procedure.valid_from.isoformat(),
        valid_to=procedure.valid_to.isoformat() if procedure.valid_to else None,
    )


def whole_said(versions: Sequence[Version], shown: Version) -> WholeProcedureAnswer:
    """Return an entry by the version *shown*, with all its days."""
    return WholeProcedureAnswer(
        **procedure_said(shown).model_dump(),
        history=[
            VersionAnswer(
                **procedure_said(one).model_dump(),
                holds_from=one.holds_from.isoformat(),
                holds_to=one.holds_to.isoformat() if one.holds_to else None,
                document_number=one.document_number,
            )
            for one in versions
        ],
        version=version_number(versions),
    )
