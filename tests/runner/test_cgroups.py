"""Control groups that hold jobs to their memory: where this machine lets this user make them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jobs_ext.model.status import Status
from jobs_ext.runner.keeper.cgroups import Group, Groups, find_home
from tests.runner.house import House
from tests.waiting import until

HOME = find_home()
held = pytest.mark.skipif(HOME is None, reason="no control group with memory is ours here")


def test_where_there_is_no_home_nobody_is_held() -> None:
    assert Groups(None).hold("j/1", 10**6, 1) is None
    assert Groups(HOME).hold("j/1", None, 1) is None


def test_what_can_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    """In a folder that is no control group there are no files to write the limit to."""
    assert Groups(tmp_path).hold("j/1", 10**6, 1) is None
    assert list(tmp_path.iterdir()) == []


def test_empty_ones_that_were_left_are_removed(tmp_path: Path) -> None:
    (tmp_path / "jobs_ext-old-1").mkdir()
    (tmp_path / "jobs_ext-full-1" / "below").mkdir(parents=True)
    Groups(tmp_path).hold("j/1", 10**6, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["jobs_ext-full-1"]


def test_a_group_that_is_gone_says_nothing(tmp_path: Path) -> None:
    group = Group(tmp_path / "none")
    assert (group.exceeded, group.peak) == (False, 0)


@held
def test_a_tree_is_moved_in_as_a_whole() -> None:
    with subprocess.Popen(["sh", "-c", "sh -c 'sleep 600 & sleep 600' & wait"]) as child:
        tree = f"/proc/{child.pid}/task/{child.pid}/children"
        until(lambda: Path(tree).read_text().strip(), what="its child")
        group = Groups(HOME).hold("tree/1", 10**9, child.pid)
        assert group is not None
        assert HOME is not None
        pids = (HOME / "jobs_ext-tree-1" / "cgroup.procs").read_text().split()
        assert str(child.pid) in pids
        assert len(pids) >= 2
        (HOME / "jobs_ext-tree-1" / "cgroup.kill").write_text("1")
    until(lambda: group.remove() or not (HOME / "jobs_ext-tree-1").exists(), what="its end")  # type: ignore[func-returns-value]


@held
@pytest.mark.parametrize("many", [False, True])
def test_more_than_the_limit_is_never_used(house: House, many: bool) -> None:
    eat = "x = bytearray(60_000_000); time.sleep(30)" if many else "x = bytearray(500_000_000)"
    fork = "[os.fork() for _ in range(2)]; " if many else ""
    job = house.ended(house.python(f"import os, time; {fork}{eat}", memory="100MB"))
    assert (job.status, job.reason_code) == (Status.FAILED, "out_of_memory"), job.reason
    assert job.reason in {"killed: used 100.0 MB of 100.0 MB", "killed: used 99.9 MB of 100.0 MB"}
    assert job.attempts[0].duration is not None
    assert job.attempts[0].duration < 5
    assert HOME is not None
    assert not list(HOME.glob(f"jobs_ext-{job.id}*"))


@held
def test_its_peak_is_that_of_the_whole_tree(house: House) -> None:
    source = "import os, time; os.fork(); x = bytearray(60_000_000); time.sleep(0.5); os.wait"
    job = house.ended(house.python(source, memory="500MB"))
    assert job.status is Status.SUCCEEDED
    assert 120_000_000 < (job.attempts[0].peak_memory or 0) < 500_000_000
