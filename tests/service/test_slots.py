from __future__ import annotations

from jobs_ext.model.scheduling import Share
from jobs_ext.model.work import Free
from jobs_ext.service import slots

GB = 10**9


def test_a_hub_limits_what_jobs_may_use():
    found = slots.detect({"CPU_LIMIT": "1.0", "MEM_LIMIT": "1GB"})
    assert found == slots.Slots(cpu=1.0, memory=int(0.9 * GB))


def test_limits_that_are_none_are_passed_over():
    plain = slots.detect({})
    assert slots.detect({"CPU_LIMIT": "", "MEM_LIMIT": "lots"}) == plain
    assert slots.detect({"CPU_LIMIT": "0"}) == plain


def test_an_ordinary_job_fits_everywhere():
    assert slots.detect({"CPU_LIMIT": "0.5"}).cpu == 1.0


def test_the_tightest_cgroup_counts(tmp_path):
    (tmp_path / "cgroup").write_text("0::/user/job\n")
    inner = tmp_path / "fs" / "user" / "job"
    inner.mkdir(parents=True)
    (inner / "cpu.max").write_text("max 100000\n")
    (inner.parent / "cpu.max").write_text("150000 100000\n")
    (inner / "memory.max").write_text("4000000\n")
    (inner.parent / "memory.max").write_text("max\n")
    groups = list(slots._groups(tmp_path / "fs", tmp_path / "cgroup"))
    assert groups == [inner, inner.parent, tmp_path / "fs"]
    assert list(slots._quotas(groups)) == [1.5]
    assert list(slots._limits(groups)) == [4_000_000]


def test_without_cgroups_there_is_no_limit(tmp_path):
    assert list(slots._groups(tmp_path, tmp_path / "missing")) == []


def test_gpus_are_those_that_cuda_may_see(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slots.detect_gpus({"CUDA_VISIBLE_DEVICES": "2, GPU-a1,-1,3"}) == ("2", "GPU-a1")
    assert slots.detect_gpus({"CUDA_VISIBLE_DEVICES": "", "NVIDIA_VISIBLE_DEVICES": "0"}) == ()
    assert slots.detect_gpus({"NVIDIA_VISIBLE_DEVICES": "4,7"}) == ("0", "1")
    assert slots.detect_gpus({"NVIDIA_VISIBLE_DEVICES": "all"}) == slots.detect_gpus({}) == ()
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 0; echo 1\n")
    tool.chmod(0o755)
    assert slots.detect_gpus({"NVIDIA_VISIBLE_DEVICES": "4"}) == ("0", "1")
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert slots.detect_gpus({}) == ()


def test_light_jobs_have_room_of_their_own():
    """Half a core beside the others; beyond that they hold theirs, but no memory."""
    machine = slots.Slots(cpu=2.0, memory=8 * GB, gpus=("0", "1"))
    ordinary, light = Share(1, GB, 1), Share(0.25, GB // 5, 0)
    assert machine.left([ordinary], {"1"}) == Free(1.0, 7 * GB, ("0",), beside=0.5)
    assert machine.left([ordinary, light]) == Free(1.0, 7 * GB, ("0", "1"), beside=0.25)
    assert machine.left([light] * 3) == Free(1.75, 8 * GB, ("0", "1"), beside=0.0)
    for other in (Share(0.3, 1, 0), Share(0.1, 0, 0), Share(0.1, GB, 0), Share(0.1, 1, 1)):
        assert not other.light
