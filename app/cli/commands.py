"""All commands of `dancu`: what its help says of each, and where each stands.

A command's module is imported when it is called: all of them together take seconds and a hundred megabytes.
"""

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer

from app.cli.console import done, fail


@dataclass(frozen=True, slots=True)
class _Listed:
    """A command or a group; places are `module:name` in this package."""

    summary: str
    place: str
    further: Mapping[str, str] = field(default_factory=dict)
    """Commands of a group that stand in modules of their own."""


_COMMANDS: Final = {
    "serve": _Listed("Serve lookups. Refuses to start without a database and keys.", "serve:serve"),
    "worker": _Listed(
        "Sequence records and publish checkpoints until ended; several may run, one of them leads.",
        "worker:worker",
    ),
    "signer": _Listed(
        "Sign what continues what was signed before, for whoever reaches the socket or has a certificate.",
        "signer:signer",
    ),
    "migrate": _Listed(
        "Bring the database to the schema this release needs; repeating it changes nothing.",
        "migrate:migrate",
    ),
    "demo": _Listed(
        "Start everything on this machine with invented people and make real lookups.", "demo:demo"
    ),
}
_GROUPS: Final = {
    "check": _Listed("Whether this gateway could serve.", "check_upstream:commands"),
    "keys": _Listed(
        "Keys: root keys in files, month keys and token keys in the database.",
        "keys:commands",
        {
            "rotate-token": "token_keys:rotate_token",
            "list-token": "token_keys:list_token",
            "rotate-signing": "signing_keys:rotate_signing",
            "request-signing": "signing_keys:request_signing",
            "import-signing": "signing_keys:import_signing",
            "export-signing": "signing_keys:export_signing",
            "create-root": "root_keys:create_root",
            "rotate-root": "root_keys:rotate_root",
            "replace-months": "lost_keys:replace_months",
            "recover-root": "lost_keys:recover_root",
            "create-log": "log_keys:create_log",
            "show-log": "log_keys:show_log",
            "backup-signer": "log_backups:backup_signer",
            "restore-signer": "log_backups:restore_signer",
            "rewrap-log": "log_backups:rewrap_log",
            "new-log": "new_log:new_log",
            "rotate-writer": "writer_keys:rotate_writer",
            "show-writer": "writer_keys:show_writer",
        },
    ),
    "units": _Listed(
        "Agencies.",
        "units:commands",
        {"declare": "unit_registrations:declare", "progress": "unit_registrations:progress"},
    ),
    "officers": _Listed(
        "Officers.",
        "officers:officers",
        {
            "template": "officer_lists:write_template",
            "import": "officer_lists:import_officers",
            "export": "officer_lists:export_officers",
            "list": "officer_lists:show_officers",
            "post": "officer_life:officers_post",
            "second": "officer_life:officers_second",
            "leave": "officer_life:officers_leave",
            "incomplete": "officer_life:officers_incomplete",
            "unlock": "officer_requests:officers_unlock",
            "reset-second-factor": "officer_requests:officers_reset_second_factor",
            "codes": "officer_codes:officers_codes",
            "handovers": "officer_handovers:officers_handovers",
        },
    ),
    "clients": _Listed(
        "Client software and its credentials.",
        "clients:commands",
        {
            "add-compatible": "compatible_clients:add_compatible_credential",
            "end-compatible": "compatible_clients:end_compatible_credential",
            "list-compatible": "compatible_clients:list_compatible_credentials",
            "list-lookup-keys": "compatible_clients:list_lookup_keys",
        },
    ),
    "reviews": _Listed("Reviews of accounts.", "reviews:commands"),
    "retention": _Listed("How long the evidence is kept.", "retention:commands"),
    "reports": _Listed("Figures of use.", "reports:commands"),
    "procedures": _Listed(
        "The catalogue of procedures.",
        "register:procedures",
        {
            "template": "procedure_lists:write_template",
            "import": "procedure_lists:import_procedures",
            "export": "procedure_lists:export_procedures",
            "list": "procedure_lists:list_procedures",
            "change": "procedure_lists:change_procedure",
        },
    ),
    "grants": _Listed("Which unit handles which procedure.", "grants:commands"),
    "audit": _Listed(
        "The evidence: export it, check an export, prove one record.",
        "audit:commands",
        {"reconcile": "reconcile:reconcile"},
    ),
}
NAMES: Final = frozenset(_COMMANDS) | frozenset(_GROUPS)


def run() -> None:
    """Run the command line; what the operator can mend is one line, not a stack trace."""
    given = next((each for each in sys.argv[1:] if not each.startswith("-")), "")
    try:
        application({given})()
    except Exception as error:
        trouble = import_module("app.cli.trouble")  # it knows the errors of libraries, and so imports them
        if not isinstance(error, trouble.MENDABLE):
            raise
        fail(trouble.explain(error))
        sys.exit(2)


def application(called: Collection[str]) -> typer.Typer:
    """Return the command line, in which only the commands that are *called* can run; all are listed."""
    whole = typer.Typer(
        name="dancu",
        help="Residence-lookup gateway between one-stop software and the National Population Database.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    whole.callback()(_begin)
    for name, listed in _COMMANDS.items():
        if name in called:
            whole.command(name)(_at(listed.place))
        else:
            whole.command(name, help=listed.summary)(_not_called)
    for name in _GROUPS:
        whole.add_typer(_group(name) if name in called else _named_only(name), name=name)
    return whole


def summaries() -> dict[str, str]:
    """Return what the help says of each command and group."""
    return {name: listed.summary for name, listed in (_COMMANDS | _GROUPS).items()}


def _show_version(wanted: bool) -> None:
    if wanted:
        done(f"dancu {version('dancu')}")
        raise typer.Exit


_Version = typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")


def _begin(*, _version: Annotated[bool, _Version] = False) -> None:
    """Take what stands before a command."""


@cache
def _group(name: str) -> typer.Typer:
    listed = _GROUPS[name]
    group: typer.Typer = _at(listed.place)
    for command, place in listed.further.items():
        group.command(command)(_at(place))
    return group


def _named_only(name: str) -> typer.Typer:
    return typer.Typer(help=_GROUPS[name].summary)


def _not_called() -> None:
    """Stand for a command in the list; nothing calls it, and nobody is to believe that something was done."""
    raise RuntimeError("this command was not imported")


def _at(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"app.cli.{module}"), name)
