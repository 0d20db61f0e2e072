"""Attempts forked from a warm parent: like fresh ones, and safe whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import msgspec
import pytest

from jobs_ext.runner.executors.survivors import end_survivors
from jobs_ext.runner.keeper import processes
from jobs_ext.runner.keeper import warm as keeper_warm
from tests.runner.keepers import gone
from tests.runner.warm import PAYLOAD, Warm, shared
from tests.waiting import until


def test_attempts_have_one_parent_that_is_not_the_keeper(warm: Warm) -> None:
    parents = {warm.parent_of(f"a{n}/1") for n in range(3)}
    assert len(parents) == 1
    assert warm.pid not in parents


def test_the_parent_ends_with_the_keeper(warm: Warm) -> None:
    parent = warm.parent_of("a/1")
    os.kill(warm.pid, signal.SIGKILL)
    until(lambda: gone(parent), what="the end of the warm parent")


def test_an_attempt_is_a_process_like_a_fresh_one(warm: Warm) -> None:
    source = """
import json, os, signal, sys, threading
print(json.dumps({
    "session": os.getsid(0) == os.getpid(),
    "argv": sys.argv,
    "main": sys.modules["__main__"].__file__,
    "cwd": os.getcwd(),
    "path": sys.path,
    "environment": dict(os.environ),
    "child": signal.getsignal(signal.SIGCHLD),
    "interrupt": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "descriptors": len(os.listdir("/proc/self/fd")),
    "threads": threading.active_count(),
    "wakeup": signal.set_wakeup_fd(-1),
}))
"""
    said = json.loads(warm.run("a/1", source, EXTRA="1"))
    cold = msgspec.structs.replace(warm.fork("a/2", source, EXTRA="1"), parent=[])
    warm.client.spawn([cold])
    warm.wait("a/2", "exited")
    fresh = json.loads((warm.root / "a/2" / "stdout").read_text())
    for one, number in ((said, "1"), (fresh, "2")):
        assert one["environment"].pop("JOBS_ATTEMPT") == number
        assert one["cwd"].endswith(f"/a/{number}")
        assert one.pop("path")[0] == one.pop("cwd")
        one["descriptors"] -= number == "1"  # to tell the parent what it had to import
    assert said == fresh


def test_its_marks_are_seen_from_outside(warm: Warm) -> None:
    warm.client.spawn([warm.fork("job/12", "import time; print(1, flush=True); time.sleep(600)")])
    pid = warm.wait("job/12", "started")["pid"]
    assert processes.carries(pid, processes.marks_of("job/12"))
    assert warm.find("job/12", "started")["start"] == processes.find(pid).start  # type: ignore[union-attr]


def test_nothing_leaks_from_one_to_the_next(warm: Warm) -> None:
    warm.run("a/1", "import os, sys; os.environ['LEFT'] = '1'; sys.left = 1; os.umask(0)")
    left = warm.run(
        "a/2", "import os, sys; print('LEFT' in os.environ, hasattr(sys, 'left'), os.umask(0o22))"
    )
    assert left == f"False False {0o22}"
    drawn = {warm.run(f"r{n}/1", "import random; print(random.random())") for n in range(3)}
    assert len(drawn) == 3


def test_what_one_had_to_import_the_next_ones_have(warm: Warm) -> None:
    source = "import sys; print('colorsys' in sys.modules); import colorsys"
    assert warm.run("a/1", source) == "False"
    assert until(lambda: warm.run(f"b{time.monotonic_ns()}/1", source) == "True", what="it")


def test_a_module_of_the_same_name_in_the_folder_is_the_one_imported(warm: Warm) -> None:
    parent = warm.parent_of("a/1")
    order = warm.fork("b/1", "import random, os; print(random.mine, os.getppid())")
    (Path(order.cwd) / "random.py").write_text("mine = 7")
    warm.client.spawn([order])
    warm.wait("b/1", "exited")
    assert (warm.root / "b/1" / "stdout").read_text().split() == ["7", str(warm.pid)]
    assert warm.parent_of("c/1") == parent


def test_a_program_in_the_folder_is_no_module(warm: Warm) -> None:
    parent = warm.parent_of("a/1")
    order = warm.fork("b/1", "import os; print(os.getppid())")
    (Path(order.cwd) / "__main__.py").touch()
    warm.client.spawn([order])
    warm.wait("b/1", "exited")
    assert (warm.root / "b/1" / "stdout").read_text().split() == [str(parent)]


def test_an_installation_is_noticed(warm: Warm) -> None:
    parent = warm.parent_of("a/1")
    (warm.root / "lib" / "fresh-1.0.dist-info").mkdir()
    assert warm.parent_of("b/1") == warm.pid  # started cold
    assert warm.parent_of("c/1") not in (parent, warm.pid)


def test_another_environment_is_another_parent(warm: Warm) -> None:
    parent = warm.parent_of("a/1")
    order = warm.fork("b/1", "import os; print(os.environ['TZ'], os.getppid())")
    other = msgspec.structs.replace(order, shared=order.shared | {"TZ": "Asia/Tokyo"})
    warm.client.spawn([other])
    warm.wait("b/1", "exited")
    zone, its = (warm.root / "b/1" / "stdout").read_text().split()
    assert zone == "Asia/Tokyo"
    assert int(its) not in (parent, warm.pid)


@pytest.mark.parametrize(
    ("source", "code", "number"),
    [
        ("import sys; sys.exit(3)", 3, None),
        ("import sys; sys.exit('no')", 1, None),
        ("import os; os._exit(4)", 4, None),
        ("import os; os.kill(os.getpid(), 11)", None, 11),
        ("1 / 0", 1, None),
    ],
)
def test_ends_are_told_as_they_were(
    warm: Warm, source: str, code: int | None, number: int | None
) -> None:
    warm.client.spawn([warm.fork("a/1", source)])
    ended = warm.wait("a/1", "exited")
    assert (ended["code"], ended["signal"]) == (code, number)
    assert ended["maxrss"] > 1_000_000
    assert ended["cpu"] > 0


def test_what_is_left_open_is_written(warm: Warm) -> None:
    source = """
import atexit, sys
sys.file = open('f', 'w')
sys.file.write('x')
atexit.register(print, 'bye')
"""
    assert warm.run("a/1", source) == "bye"
    assert (warm.root / "a/1" / "f").read_text() == "x"


def test_a_stop_ends_the_tree(warm: Warm) -> None:
    source = """
import subprocess
child = subprocess.Popen(['sleep', '600'])
print(child.pid, flush=True)
child.wait()
"""
    warm.client.spawn([warm.fork("a/1", source)])
    child = int(warm.printed("a/1"))
    warm.client.kill("a/1", 5.0, "cancelled", "stopped")
    assert warm.wait("a/1", "exited")["told"]["code"] == "cancelled"
    until(lambda: gone(child), what="the end of its child")


def test_what_it_leaves_behind_is_ended(warm: Warm) -> None:
    source = """
import os, sys, time
if not os.fork():
    os.setsid()
    if not os.fork():
        for fd in range(256):  # nothing tells whose it is but its marks
            try: os.close(fd)
            except OSError: pass
        time.sleep(600)
    os._exit(0)
os.wait()
"""
    warm.client.spawn([warm.fork("a/1", source)])
    assert warm.wait("a/1", "exited")["leftover"]
    warm.wait("a/1", "cleared")


def test_a_parent_killed_in_the_midst_costs_nothing(warm: Warm) -> None:
    log = warm.root / "log"
    source = f"""
import os
flags = os.O_APPEND | os.O_CREAT | os.O_WRONLY
os.write(os.open({str(log)!r}, flags), b'%s\\n')
"""
    keys = [f"k{n}/1" for n in range(60)]
    orders = [
        msgspec.structs.replace(warm.fork(key, source % key), lane=f"lane{n % 3}")
        for n, key in enumerate(keys)
    ]
    warm.client.spawn(orders)
    for done in (5, 15, 30, 45):
        until(lambda n=done: log.exists() and len(log.read_text().split()) >= n)  # type: ignore[misc]
        for pid in processes.children(warm.pid):
            entry = processes.find(pid)
            if entry is not None and processes.carries(pid, [b"JOBS_ATTEMPT=" + b"-" * 8]):
                processes.send(entry, signal.SIGKILL)
    for key in keys:
        assert warm.wait(key, "exited")["code"] == 0
    assert sorted(log.read_text().split()) == sorted(keys)


def test_a_killed_keeper_leaves_none_unseen(warm: Warm) -> None:
    orders = [warm.fork(f"k{n}/1", "import time; time.sleep(600)") for n in range(4)]
    warm.client.spawn(orders[:2])
    pids = [warm.wait(f"k{n}/1", "started")["pid"] for n in range(2)]
    warm.client.spawn(orders[2:])
    os.kill(warm.pid, signal.SIGKILL)
    for n, order in enumerate(orders):
        assert end_survivors(f"k{n}/1", Path(order.alive), None)
    assert all(map(gone, pids))


def test_a_parent_whose_imports_began_something_else_lives_on(warm: Warm) -> None:
    begins = "import subprocess; subprocess.Popen(['true'])\n    import random"
    (warm.root / "payload.py").write_text(PAYLOAD.replace("import random", begins))
    parents = {warm.parent_of(f"a{n}/1") for n in range(3)}
    assert len(parents) == 1
    assert warm.pid not in parents


def test_an_interpreter_that_can_not_fork_starts_cold(warm: Warm) -> None:
    order = warm.fork("a/1", "print('ran')")
    broken = [*order.parent[:3], str(warm.root / "no-such-payload.py")]
    warm.client.spawn([msgspec.structs.replace(order, parent=broken)])
    assert warm.wait("a/1", "exited")["code"] == 0
    assert (warm.root / "a/1" / "stdout").read_text() == "ran\n"


def test_a_shared_worker_runs_one_after_another(warm: Warm) -> None:
    source = "import os, sys; print(os.getpid(), os.environ['JOBS_ID'], os.getcwd(), sys.path[0])"
    keys = shared(warm, *[source] * 5)
    ended = [warm.wait(key, "exited") for key in keys]
    said = [(warm.root / key / "stdout").read_text().split() for key in keys]
    assert [words[1] for words in said] == [f"s{n}" for n in range(5)]
    assert all(
        words[2] == words[3] == str(warm.root / key) for words, key in zip(said, keys, strict=True)
    )
    assert {words[0] for words in said} == {str(warm.find(keys[0], "started")["pid"])}
    assert [record["code"] for record in ended] == [0] * 5
    assert [r["event"] for r in warm.records(keys[4])][-2:] == ["started", "exited"]


@pytest.mark.parametrize(
    ("fault", "code", "number"),
    [("os._exit(4)", 4, None), ("os.kill(os.getpid(), 11)", None, 11), ("sys.exit(3)", 3, None)],
)
def test_a_fault_in_a_shared_worker_is_its_jobs_alone(
    warm: Warm, fault: str, code: int | None, number: int | None
) -> None:
    keys = shared(warm, "print(1)", f"import os, sys; {fault}", "print(3)")
    ends = [warm.wait(key, "exited") for key in keys]
    assert [end["code"] for end in ends] == [0, code, 0]
    assert ends[1]["signal"] == number


def test_a_stop_in_a_shared_worker_lets_the_others_go_on(warm: Warm) -> None:
    keys = shared(warm, "import time; print(1, flush=True); time.sleep(600)", "print(2)")
    warm.printed(keys[0])
    warm.client.kill(keys[0], 5.0, "cancelled", "stopped")
    assert warm.wait(keys[0], "exited")["told"]["code"] == "cancelled"
    assert warm.wait(keys[1], "exited")["code"] == 0
    assert warm.find(keys[0], "started")["pid"] != warm.find(keys[1], "started")["pid"]


def test_a_shared_worker_ends_with_the_keeper(warm: Warm) -> None:
    (key,) = shared(warm, "print(1)")
    warm.wait(key, "exited")
    os.kill(warm.pid, signal.SIGKILL)
    until(lambda: gone(warm.find(key, "started")["pid"]), what="the end of the worker")


def test_after_an_upgrade_the_keeper_that_ran_before_starts_no_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "warm.py"
    program.touch()
    monkeypatch.setattr(keeper_warm, "_PROGRAM", program)
    sleeps = [sys.executable, "-c", "input()", "fork", "payload.py"]
    order = {"key": "a/1", "argv": ["payload.py"], "parent": sleeps, "cwd": "/", "environment": {}}
    parents = keeper_warm.WarmParents()
    os.utime(program, (1, 1))
    assert not parents.order(order, {}, [])
    assert parents.pids == set()
    parents = keeper_warm.WarmParents()
    assert parents.order(order, {}, [])
    (pid,) = parents.pids
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    parents.was_reaped(pid)
    until(lambda: parents.news() or not parents.pids, what="the end of the parent")
