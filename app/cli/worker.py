"""`dancu worker`: takes records into the transparency log and publishes its checkpoints."""

import asyncio
import signal
from contextlib import AsyncExitStack

import httpx

from app.audit.headroom import Headroom
from app.audit.partitions import PartitionMaker
from app.audit.tree.checkpoint import log_epoch, log_origin
from app.audit.tree.policy import TrustPolicy
from app.audit.tree.remote_signer import RemoteSigner
from app.audit.tree.sequencer import Sequencer
from app.audit.tree.witness import ROUND_SECONDS, Witnesses
from app.cli.keys import authority_of
from app.cli.settings import read_settings
from app.cli.signer import open_remote_signer
from app.clock import SystemClock
from app.database.connect import connector
from app.errors import ConfigurationError
from app.logs import LogEvent, configure_logging, get_logger
from app.reports.counting import UsageCounter
from app.serving_settings import read_witness_policy
from app.settings import Settings

_log = get_logger(__name__)


def worker() -> None:
    """Sequence records and publish checkpoints until ended; several may run, one of them leads."""
    settings, _ = read_settings()
    if settings.sequencing_database_url is None:
        raise ConfigurationError("DANCU_SEQUENCING_DATABASE_URL (or its _FILE) is not set")
    url = settings.sequencing_database_url.get_secret_value()
    policy = _policy(settings)
    signer = open_remote_signer(settings)
    configure_logging()
    asyncio.run(_work(url, signer, policy, settings))


async def _work(url: str, signer: RemoteSigner, policy: TrustPolicy | None, settings: Settings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    connect, clock = connector(url, synchronous_commit="on"), SystemClock()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(signer)
        witnesses = None
        if policy is not None:
            # Witnesses are elsewhere: the proxy and the authorities that this machine is given count.
            http = await stack.enter_async_context(httpx.AsyncClient(timeout=ROUND_SECONDS))
            witnesses = Witnesses(policy, http, clock)
        sequencer = Sequencer(
            connect,
            signer,
            clock,
            every_seconds=settings.checkpoint_every_seconds,
            witnesses=witnesses,
            standbys=settings.audit_standbys,
        )
        await stack.enter_async_context(Headroom(settings.headroom_paths))
        await stack.enter_async_context(PartitionMaker(connect))
        await stack.enter_async_context(sequencer)
        if settings.reporting_database_url is not None:
            reporting = connector(settings.reporting_database_url.get_secret_value())
            await stack.enter_async_context(UsageCounter(reporting))
        _log.info(LogEvent.WORKER_STARTED)
        await ended.wait()
    _log.info(LogEvent.WORKER_STOPPED)


def _policy(settings: Settings) -> TrustPolicy | None:
    """Return the witnesses' policy; ConfigurationError where it is about other logs than this one."""
    policy = read_witness_policy(settings)
    if policy is None or not policy.logs:
        return policy
    authority = authority_of(settings)
    if all(log_epoch(key.name, authority) is None for key in policy.logs):  # or one that succeeded the first
        raise ConfigurationError(
            f"DANCU_WITNESS_POLICY_FILE names other logs and not {log_origin(authority)}"
        )
    return policy
