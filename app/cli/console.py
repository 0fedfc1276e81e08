"""Where commands print: answers on standard output, troubles on standard error."""

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str) -> None:
    """Print one line of trouble."""
    err.print(f"dancu: {message}", style="red", markup=False)


def done(message: str) -> None:
    """Print one line of success."""
    out.print(message, markup=False)
