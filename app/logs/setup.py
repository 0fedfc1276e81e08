"""Sets logging up: our own lines and every library's, all through the allow-list."""

import logging
import sys
import threading
import warnings
from typing import Any, TextIO

import structlog

from app.logs.libraries import (
    LibraryHandler,
    log_uncaught,
    log_uncaught_in_thread,
    log_unraisable,
    log_warning,
)
from app.logs.lines import as_json, describe_error, keep_allowed
from app.logs.writing import LossyStream, served


def configure_logging(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send our own lines and every library's to *stream* (standard output), all through the allow-list."""
    lines: Any = LossyStream(stream or sys.stdout)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            describe_error,
            keep_allowed,
            structlog.processors.JSONRenderer(as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(lines),
        cache_logger_on_first_use=False,
    )
    served.write = lines.write_through if level <= logging.INFO else None
    root = logging.root
    root.handlers = [LibraryHandler()]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.root.manager.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.root.manager.getLogger("uvicorn.error").setLevel(logging.INFO)
    logging.root.manager.getLogger("uvicorn.access").disabled = True
    sys.excepthook = log_uncaught
    warnings.showwarning = log_warning
    # The tests' runner has hooks of its own here, which fail the test; they stay.
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = log_uncaught_in_thread
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = log_unraisable
