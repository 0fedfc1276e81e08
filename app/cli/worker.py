"""`dancu worker`: takes records into the transparency log and publishes its checkpoints."""

import asyncio
import signal

from app.audit.headroom import Headroom
from app.audit.partitions import PartitionMaker
from app.audit.tree.sequencer import Sequencer
from app.audit.tree.signer import CheckpointSigner
from app.cli.log_keys import open_signer
from app.cli.settings import read_settings
from app.clock import SystemClock
from app.database.connect import connector
from app.errors import ConfigurationError
from app.logs import LogEvent, configure_logging, get_logger
from app.settings import Settings

_log = get_logger(__name__)


def worker() -> None:
    """Sequence records and publish checkpoints until ended; several may run, one of them leads."""
    settings, _ = read_settings()
    if settings.sequencing_database_url is None:
        raise ConfigurationError("DANCU_SEQUENCING_DATABASE_URL (or its _FILE) is not set")
    url = settings.sequencing_database_url.get_secret_value()
    signer = open_signer(settings)
    configure_logging()
    asyncio.run(_work(url, signer, settings))


async def _work(url: str, signer: CheckpointSigner, settings: Settings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    connect = connector(url, synchronous_commit="on")
    sequencer = Sequencer(connect, signer, SystemClock(), every_seconds=settings.checkpoint_every_seconds)
    async with Headroom(settings.headroom_paths), PartitionMaker(connect), sequencer:
        _log.info(LogEvent.WORKER_STARTED)
        await ended.wait()
    _log.info(LogEvent.WORKER_STOPPED)
