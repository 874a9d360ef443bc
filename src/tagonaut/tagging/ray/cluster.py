"""A Ray cluster, on this machine or elsewhere, and the shares of its processors."""

import logging
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tagonaut.errors import TagonautError

LOCAL = "local"


@dataclass(frozen=True)
class Shares:
    """The number of actors; ``cores`` and ``gpus`` are those of each actor."""

    actors: int
    cores: int
    gpus: int = 0


def shares(nodes: Sequence[int], gpus: int, wanted: int | None) -> Shares:
    """Share the CPUs of each machine, ``nodes``, among one actor per GPU, or else per machine.

    One CPU of the cluster stays free for Ray Data's own tasks, which would otherwise wait for the
    actors to end, and the actors for them. Raises ``TagonautError`` for more actors than fit.
    """
    actors = wanted or gpus or len(nodes)
    room = sum(nodes) - 1
    for cores in range(max(nodes, default=0), 0, -1):
        if actors * cores <= room and sum(cpus // cores for cpus in nodes) >= actors:
            return Shares(actors, cores, int(gpus >= actors))
    if wanted is None and room > 0:
        return Shares(room, 1, int(gpus >= room))
    raise TagonautError(
        f"{actors:,} actors need {actors + 1:,} CPUs, one of them for Ray's own tasks, and the"
        f" cluster has {sum(nodes):,}: --actors {max(room, 1):,}"
    )


@contextmanager
def connected(address: str, wanted: int | None) -> Iterator[Shares]:
    """Connect to a cluster, and yield the shares of its actors.

    ``local`` starts one on this machine and ends it afterwards; others are addresses as Ray takes
    them. A cluster that this process is connected to already is used, and left running. Raises
    ``TagonautError`` if there is none.
    """
    if address.startswith("ray://"):
        raise TagonautError(
            f"{address}: Ray's client is not used here: start the command on a machine of the"
            " cluster, with --address auto"
        )
    if address == LOCAL and "ray" not in sys.modules:
        _keep_to_itself()
    _be_quiet()
    import ray

    if ray.is_initialized():
        yield _shares(ray, wanted)
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        with _silenced():
            if address == LOCAL:
                _leave_out_api_server()
                cores = os.cpu_count() or 1
                # Logical CPUs: Ray counts what it gives away, and limits nobody to it.
                logical = (wanted or 1) * max(1, cores // (wanted or 1)) + 1
                ray.init(LOCAL, num_cpus=logical, include_dashboard=False, **quiet)
            else:
                ray.init(address, **quiet)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())
        raise TagonautError(f"no Ray cluster at {address!r}: {reason}") from None
    try:
        yield _shares(ray, wanted)
    finally:
        ray.shutdown()


def _shares(ray: Any, wanted: int | None) -> Shares:
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cpus = [int(node.get("CPU", 0)) for node in nodes]
    return shares(
        [one for one in cpus if one], int(sum(one.get("GPU", 0) for one in nodes)), wanted
    )


@contextmanager
def _silenced() -> Iterator[None]:
    """Close standard error to Ray's compiled part; errors are raised anyway."""
    kept = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nothing)
        os.close(kept)


def _keep_to_itself() -> None:
    """Let the processes of a cluster on this machine listen to each other alone, with a token."""
    # Both are read when Ray is imported; who has imported it before has settings of their own. The
    # first is Ray's switch for a cluster that no other machine can join: it listens on 127.0.0.1.
    # Without a token in the environment, Ray leaves one in a file that everybody can read.
    os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    if not {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


def _leave_out_api_server() -> None:
    """Leave out the server of the dashboard, which asks 169.254.169.254 for the cloud it is in.

    Nothing here uses it; Ray itself goes on without it where it cannot be started.
    """
    from ray._private import services

    def none(*_: Any, **__: Any) -> tuple[None, None]:
        return None, None

    services.start_api_server = none


def _be_quiet() -> None:
    # Read when Ray is imported, or when its processes start.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # Ray reports dying processes on standard output; we report those that matter.
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
