"""What the system's own out-of-memory killer ends: the reason says so, not just SIGKILL."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jobs_ext.model.reasons import ReasonCode
from jobs_ext.model.request import Target
from jobs_ext.runner.keeper.cgroups import find_home
from tests.runner.house import House
from tests.waiting import until

LIMIT = 100_000_000  # bytes


def _home() -> Path | None:
    """Return a control group, of either version, below which this user may make one."""
    own = re.search(r"^\d+:memory:(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    first = Path("/sys/fs/cgroup/memory" + own[1]) if own else None
    return first if first is not None and os.access(first, os.W_OK) else find_home()


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group with little memory, for jobs to enter."""
    home = _home() if Path("/proc/self/cgroup").exists() else None
    if home is None:
        pytest.skip("no control group with memory is ours here")
    made = home / f"jobs-ext-test-{os.getpid()}"
    made.mkdir()
    limits = [made / "memory.limit_in_bytes", made / "memory.max"]
    next(file for file in limits if file.exists()).write_text(str(LIMIT))
    yield made
    until(lambda: not (made / "cgroup.procs").read_text(), what="the end of what is in it")
    made.rmdir()


def test_what_the_system_kills_for_want_of_memory_says_so(house: House, group: Path) -> None:
    enter = f"open('{group}/cgroup.procs', 'w').write(str(__import__('os').getpid()))"
    eat = f"{enter}; x = bytearray({3 * LIMIT})"
    path = house.cwd / "eats.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(eat)]), path)
    command, cell = house.python(eat), house.submit(Target(notebook=str(path)))
    ended = [house.ended(job) for job in (command, cell)]
    assert [job.reason_code for job in ended] == [ReasonCode.OUT_OF_MEMORY] * 2
    assert [job.reason for job in ended] == [
        "killed by SIGKILL: the machine ran out of memory",
        "cell 1 failed: DeadKernelError: the kernel died: the machine ran out of memory",
    ]
