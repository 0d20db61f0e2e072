"""What would take this server's jobs along when it ends: a container, a service or a cluster job.

Elsewhere the runner and its jobs outlive the server. Who says that jobs go on must ask here first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_MARKS = (".dockerenv", "run/.containerenv")  # made by Docker, by Podman


def ends_with(root: Path = Path("/"), environment: Mapping[str, str] | None = None) -> str:
    """Return what ends all jobs by its end, as a few words; "" when nothing is known to.

    `root` is where the machine's files are looked for; `environment` defaults to this process's.
    """
    variables = os.environ if environment is None else environment
    if "SLURM_JOB_ID" in variables:
        return f"the Slurm job {variables['SLURM_JOB_ID']}"
    if _in_container(root, variables):
        return "the container of this server"
    return _service(root)


def _in_container(root: Path, variables: Mapping[str, str]) -> bool:
    named = variables.get("container") or variables.get("KUBERNETES_SERVICE_HOST")
    return bool(named) or any((root / mark).exists() for mark in _MARKS)


def _service(root: Path) -> str:
    """Return the system service whose control group this is: systemd ends all that is in it."""
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:  # not Linux
        return ""
    names = {group.rpartition("/")[2] for group in groups}
    services = sorted(n for n in names if n.endswith(".service") and not n.startswith("user@"))
    return f"the service {services[0]}" if services else ""
