"""What operators type about officers, procedures and client software: what is wrong in the words of lists."""

from typing import Annotated, Final

import typer

from app.accounts.client_schemas import EveryAddressError, checked_client_id, checked_network
from app.accounts.registration import cells
from app.accounts.registration.fault_texts import Language, what_is_wrong, what_mends_it
from app.accounts.registration.faults import Fault
from app.accounts.registration.form import Column
from app.accounts.registration.values import ListRow
from app.accounts.sign_in import login_name_of
from app.errors import ConfigurationError, InvalidRequestError
from app.lookup.parsing import parse_procedure_code
from app.procedures.catalogue.form import Column as CatalogueColumn
from app.procedures.lists import fault_texts
from app.procedures.lists import faults as list_faults

LoginName = Annotated[str, typer.Argument(help="the officer's login name")]
ClientId = Annotated[str, typer.Argument(help="the client software's id")]
_LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")
_NETWORK_TEXT: Final = "a network is written as an address block such as 10.1.0.0/16"


def new_login_name(typed: str, full_name: str) -> str:
    """Return a login name as it is kept; ConfigurationError for what none may be called."""
    row = ListRow(1, {Column.LOGIN_NAME: login_name_of(typed), Column.FULL_NAME: full_name.strip()})
    for fault in cells.personal_numbers(row, None):
        _fit(fault)
    return _fit(cells.login_name(row, ""))


def upstream_code_of(typed: str | None) -> str | None:
    """Return an officer's code on the national side, None where there is none; ConfigurationError."""
    if typed is None:
        return None
    code = cells.upstream_code(ListRow(1, {Column.UPSTREAM_OFFICER_CODE: typed.strip()}))
    if code is None:
        raise ConfigurationError("an officer's code on the national side is empty; leave the option out")
    return _fit(code)


def procedure_code_of(typed: str) -> str:
    """Return a procedure's code; ConfigurationError for what is none."""
    try:
        return parse_procedure_code(typed)
    except InvalidRequestError:
        details = {"typed": cells.echo(typed), "suggestion": ""}
        fault = list_faults.Fault(
            list_faults.FaultCode.CODE_MALFORMED, CatalogueColumn.PROCEDURE_CODE, details
        )
        said = (
            f"{fault_texts.what_is_wrong(fault, each)}: {fault_texts.what_mends_it(fault, each)}"
            for each in _LANGUAGES
        )
        raise ConfigurationError(" | ".join(said)) from None


def new_client_id(typed: str) -> str:
    """Return an id under which client software can be registered; ConfigurationError."""
    try:
        return checked_client_id(typed)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def networks_of(typed: list[str], *, from_anywhere: bool) -> list[str]:
    """Return address blocks as they are kept; every address only where it is said that this is meant.

    Raises ConfigurationError.
    """
    try:
        return [checked_network(each, from_anywhere=from_anywhere) for each in typed]
    except EveryAddressError:
        raise ConfigurationError(
            "0.0.0.0/0 and ::/0 let the client call from anywhere: name the addresses of its servers, or say"
            " --from-anywhere"
        ) from None
    except ValueError:
        raise ConfigurationError(_NETWORK_TEXT) from None


def _fit(found: str | Fault) -> str:
    if isinstance(found, Fault):
        said = (f"{what_is_wrong(found, each)}: {what_mends_it(found, each)}" for each in _LANGUAGES)
        raise ConfigurationError(" | ".join(said))
    return found
