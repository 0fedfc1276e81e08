"""Says what a run of fuzzing came to, and keeps the inputs that did harm."""

import hashlib
import sys
from pathlib import Path

from tests.fuzz.loop import Summary


def tell(summary: Summary, folder: Path) -> int:
    """Print what a run came to, keep the inputs that did harm, and return the exit code."""
    for finding in summary.findings:
        file = folder / f"fuzz-{hashlib.sha256(finding.content).hexdigest()[:12]}"
        file.write_bytes(finding.content)
        sys.stdout.write(f"{finding.target}: {finding.harm} ({file})\n")
    sys.stdout.write(f"{summary.line}\n")
    return 0 if summary.is_clean else 1
