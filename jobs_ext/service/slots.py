"""What this process may use of the machine: never the machine's bare count."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path

from msgspec import Struct

from ..model.quantities import parse_bytes
from ..model.scheduling import BESIDE, Share
from ..model.work import Free

_RESERVE = 0.1  # the share of memory left to the server, the kernels and the system
_PATIENCE = 10.0  # seconds: nvidia-smi is slow when no program uses a GPU
_GPU = re.compile(r"\d+|(GPU|MIG)-[\w/-]+")  # an index or a UUID
_CGROUPS = Path("/sys/fs/cgroup")


class Slots(Struct, frozen=True):
    """Capacity for jobs."""

    cpu: float  # cores
    memory: int  # bytes
    gpus: tuple[str, ...] = ()  # as CUDA numbers them

    def left(self, held: Iterable[Share], gpus: Collection[str] = ()) -> Free:
        """Return what is free while jobs hold these shares and `gpus`.

        Light jobs hold what is kept for them, and cores of the others only beyond that; their
        memory comes out of the reserve.
        """
        shares = [*held]
        light = sum(share.cpu for share in shares if share.light)
        others = [share for share in shares if not share.light]
        cpu = sum(share.cpu for share in others) + max(0.0, light - BESIDE)
        return Free(
            cpu=max(0.0, self.cpu - cpu),
            memory=max(0, self.memory - sum(share.memory for share in others)),
            gpus=tuple(gpu for gpu in self.gpus if gpu not in gpus),
            beside=max(0.0, BESIDE - light),
        )


def detect(environ: Mapping[str, str] = os.environ) -> Slots:
    """Return the capacity by CPU affinity, cgroup v2 and a hub's CPU_LIMIT and MEM_LIMIT.

    At least one core, so that an ordinary job fits everywhere; a tenth of the memory is reserved.
    """
    groups = list(_groups())
    cores = [float(_affinity()), *_quotas(groups), *_hub_cpu(environ)]
    sizes = [_physical_memory(), *_limits(groups), *_hub_memory(environ)]
    return Slots(cpu=max(1.0, min(cores)), memory=int(min(sizes) * (1 - _RESERVE)))


def detect_gpus(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the GPUs of this process, by CUDA_VISIBLE_DEVICES, nvidia-smi or the container."""
    chosen = environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:  # CUDA reads it up to the first that is none
        return tuple(takewhile(_GPU.fullmatch, (one.strip() for one in chosen.split(","))))
    if shutil.which("nvidia-smi"):
        return tuple(_ask_nvidia())
    given = environ.get("NVIDIA_VISIBLE_DEVICES", "none")
    if given in ("all", "none", "void", ""):
        return ()
    return tuple(str(index) for index, _ in enumerate(given.split(",")))  # numbered anew inside


def check_gpus(gpus: Collection[str] | None) -> None:
    """Raise ValueError for a name that no GPU has: one job would be given what are two."""
    for one in gpus or ():
        if not _GPU.fullmatch(one):
            raise ValueError(
                f"{one!r} is neither a number nor a UUID of a GPU; several are named one by one, "
                "on the command line by --JobsExtension.gpus=0 --JobsExtension.gpus=1"
            )


def _ask_nvidia() -> list[str]:
    query = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):  # no driver
        return []
    return said.stdout.split()


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _physical_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _groups(root: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> Iterator[Path]:
    """Yield the cgroup of this process and the groups around it: the tightest limit counts."""
    try:
        lines = own.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        if line.startswith("0::/"):
            group = root / line[4:]
            yield from (group, *group.parents[: len(group.parts) - len(root.parts)])


def _quotas(groups: list[Path]) -> Iterator[float]:
    for group in groups:
        quota, _, period = _read(group / "cpu.max").partition(" ")
        if quota.isdigit() and period.isdigit():
            yield int(quota) / int(period)


def _limits(groups: list[Path]) -> Iterator[int]:
    for group in groups:
        limit = _read(group / "memory.max")
        if limit.isdigit():
            yield int(limit)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:  # the controller is not enabled here
        return ""


def _hub_cpu(environ: Mapping[str, str]) -> Iterator[float]:
    try:
        limit = float(environ.get("CPU_LIMIT", ""))
    except ValueError:
        return
    if limit > 0:
        yield limit


def _hub_memory(environ: Mapping[str, str]) -> Iterator[int]:
    """JupyterHub gives bytes; people who set it by hand write units."""
    try:
        yield parse_bytes(environ.get("MEM_LIMIT", ""))
    except ValueError:
        return
