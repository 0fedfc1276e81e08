"""`dancu demo` with its state in the folder that STATE names: root's is otherwise always /var/lib/dancu."""

import importlib
import os
from pathlib import Path

from app.cli import main

# By its full name: `app.cli.demo` as an attribute is the command.
vars(importlib.import_module("app.cli.demo"))["default_state_directory"] = lambda _: Path(os.environ["STATE"])
main()
