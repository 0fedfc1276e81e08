"""`dancu reports`: figures of use counted again from the log."""

from typing import Annotated, Final

import typer

from app.cli.console import done, fail
from app.cli.work import run
from app.reports.rebuilding import Difference, check_figures, rebuild_figures

commands = typer.Typer(help="Figures of use.", no_args_is_help=True)

_MOST_SHOWN: Final = 100


@commands.command("rebuild")
def rebuild(
    check: Annotated[
        bool, typer.Option("--check", help="change nothing; exit code 1 where figures differ")
    ] = False,
) -> None:
    """Count all figures again from the log; those of months that ended stay as they are."""
    recount = run(check_figures if check else rebuild_figures)
    for one in recount.differences[:_MOST_SHOWN]:
        done(_said(one))
    count = len(recount.differences)
    if check and count:
        fail(f"{count} figures differ from the log; dancu reports rebuild puts them right")
        raise typer.Exit(1)
    if check:
        done(f"the figures are those of the log's first {recount.leaves} records")
    else:
        done(f"counted {recount.leaves} records; {count} figures were others")


def _said(one: Difference) -> str:
    parts = (one.day, one.unit_id, one.unit_level, one.procedure_code, one.kind, one.outcome)
    words = " ".join(str(part) or "-" for part in (*parts, one.reception_channel))
    return f"{words}: kept {one.kept}, counted {one.counted}"
