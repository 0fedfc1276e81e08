"""The `dancu` command."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from app.cli import (
    audit,
    check_upstream,
    clients,
    compatible_clients,
    grants,
    keys,
    log_backups,
    log_keys,
    lost_keys,
    new_log,
    officer_codes,
    officer_handovers,
    officer_life,
    officer_lists,
    officers,
    procedure_lists,
    reconcile,
    register,
    reports,
    retention,
    reviews,
    root_keys,
    signing_keys,
    token_keys,
    unit_registrations,
    units,
    writer_keys,
)
from app.cli.console import done, fail
from app.cli.demo import demo
from app.cli.migrate import migrate
from app.cli.serve import serve
from app.cli.signer import signer
from app.cli.trouble import MENDABLE, explain
from app.cli.worker import worker

application = typer.Typer(
    name="dancu",
    help="Residence-lookup gateway between one-stop software and the National Population Database.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        done(f"dancu {version('dancu')}")
        raise typer.Exit


_Version = typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")


@application.callback()
def begin(*, _version: Annotated[bool, _Version] = False) -> None:
    """Take what stands before a command."""


application.command("serve")(serve)
application.command("worker")(worker)
application.command("signer")(signer)
application.command("migrate")(migrate)
application.add_typer(check_upstream.commands, name="check")
application.command("demo")(demo)
keys.commands.command("rotate-token")(token_keys.rotate_token)
keys.commands.command("list-token")(token_keys.list_token)
keys.commands.command("rotate-signing")(signing_keys.rotate_signing)
keys.commands.command("request-signing")(signing_keys.request_signing)
keys.commands.command("import-signing")(signing_keys.import_signing)
keys.commands.command("export-signing")(signing_keys.export_signing)
keys.commands.command("create-root")(root_keys.create_root)
keys.commands.command("rotate-root")(root_keys.rotate_root)
keys.commands.command("replace-months")(lost_keys.replace_months)
keys.commands.command("recover-root")(lost_keys.recover_root)
keys.commands.command("create-log")(log_keys.create_log)
keys.commands.command("show-log")(log_keys.show_log)
keys.commands.command("backup-signer")(log_backups.backup_signer)
keys.commands.command("restore-signer")(log_backups.restore_signer)
keys.commands.command("rewrap-log")(log_backups.rewrap_log)
keys.commands.command("new-log")(new_log.new_log)
keys.commands.command("rotate-writer")(writer_keys.rotate_writer)
keys.commands.command("show-writer")(writer_keys.show_writer)
application.add_typer(keys.commands, name="keys")
units.commands.command("declare")(unit_registrations.declare)
units.commands.command("progress")(unit_registrations.progress)
application.add_typer(units.commands, name="units")
officers.officers.command("template")(officer_lists.write_template)
officers.officers.command("import")(officer_lists.import_officers)
officers.officers.command("export")(officer_lists.export_officers)
officers.officers.command("list")(officer_lists.show_officers)
officers.officers.command("post")(officer_life.officers_post)
officers.officers.command("second")(officer_life.officers_second)
officers.officers.command("leave")(officer_life.officers_leave)
officers.officers.command("incomplete")(officer_life.officers_incomplete)
officers.officers.command("codes")(officer_codes.officers_codes)
officers.officers.command("handovers")(officer_handovers.officers_handovers)
application.add_typer(officers.officers, name="officers")
clients.commands.command("add-compatible")(compatible_clients.add_compatible_credential)
clients.commands.command("end-compatible")(compatible_clients.end_compatible_credential)
clients.commands.command("list-compatible")(compatible_clients.list_compatible_credentials)
application.add_typer(clients.commands, name="clients")
application.add_typer(reviews.commands, name="reviews")
application.add_typer(retention.commands, name="retention")
application.add_typer(reports.commands, name="reports")
register.procedures.command("template")(procedure_lists.write_template)
register.procedures.command("import")(procedure_lists.import_procedures)
register.procedures.command("export")(procedure_lists.export_procedures)
register.procedures.command("list")(procedure_lists.list_procedures)
register.procedures.command("change")(procedure_lists.change_procedure)
application.add_typer(register.procedures, name="procedures")
application.add_typer(grants.commands, name="grants")
audit.commands.command("reconcile")(reconcile.reconcile)
application.add_typer(audit.commands, name="audit")


def main() -> None:
    """Run the command line; what the operator can mend is one line, not a stack trace."""
    try:
        application()
    except MENDABLE as error:
        fail(explain(error))
        sys.exit(2)
