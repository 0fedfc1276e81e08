"""`dancu procedures add`: one procedure into the catalogue."""

from typing import Annotated

import typer

from app.cli.console import done
from app.cli.inputs import worded
from app.cli.lists import OnDay, terms_of
from app.cli.procedure_lists import Decree104, Document, Fields, Questions, Roles, options_said, put
from app.cli.typed_values import procedure_code_of
from app.procedures.catalogue.form import Column

procedures = typer.Typer(help="The catalogue of procedures.", no_args_is_help=True)


@procedures.command("add")
def procedures_add(
    procedure_code: Annotated[str, typer.Argument(help="such as 1.004194")],
    name: Annotated[str, typer.Argument(help="what it is called in the deciding document")],
    legal_basis: Annotated[str, typer.Option(help="the provision that lets the procedure see residence")],
    service_code: Annotated[
        str | None, typer.Option(help="public-service code on the national side (MaDVC)")
    ] = None,
    field_of_work: Annotated[str | None, typer.Option(help="lĩnh vực")] = None,
    field: Fields = None,
    question: Questions = None,
    role: Roles = None,
    decree_104: Decree104 = None,
    document: Document = "",
    on: OnDay = None,
) -> None:
    """Put a procedure into the catalogue; without --field it needs the usual five."""
    said = {
        Column.NAME: worded(name),
        Column.LEGAL_BASIS: worded(legal_basis),
        Column.SERVICE_CODE: service_code,
        Column.FIELD_OF_WORK: field_of_work,
    }
    texts = said | options_said(field, question, role, decree_104)
    put(procedure_code_of(procedure_code), texts, terms_of(on, document), is_new=True)
    done(f"procedure {procedure_code} added")
