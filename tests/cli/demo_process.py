"""`dancu demo` with its state in the folder that STATE names: root's is otherwise always /var/lib/dancu."""

import importlib
import os
import signal
from pathlib import Path

from app.cli import main

# As in a terminal: tests that run in the background, or under nohup, hand on that these are ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# By its full name: `app.cli.demo` as an attribute is the command.
vars(importlib.import_module("app.cli.demo"))["default_state_directory"] = lambda _: Path(os.environ["STATE"])
main()
