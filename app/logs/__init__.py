"""Logs as JSON lines of an allow-list: named events and named fields; nothing a person is known by."""

from app.logs.allowed import ALLOWED_FIELDS
from app.logs.events import LogEvent
from app.logs.setup import configure_logging
from app.logs.writing import get_logger, log_served

__all__ = ["ALLOWED_FIELDS", "LogEvent", "configure_logging", "get_logger", "log_served"]
