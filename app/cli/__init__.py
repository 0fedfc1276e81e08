"""The `dancu` command.

Nothing is imported here: each process that serves imports this package, and none needs the commands.
"""

from importlib import import_module


def main() -> None:
    """Run the command line."""
    import_module("app.cli.commands").run()
