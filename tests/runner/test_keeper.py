"""The keeper, driven for real: spawn, wait, kill, and what it says in the journal."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from jobs_ext.runner.keeper import processes
from jobs_ext.runner.keeper.client import KeeperClient, KeeperGone
from tests.runner.keepers import Bench, bench, gone
from tests.waiting import until


def test_exit_code_output_and_usage(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("a/1", "echo out; echo err >&2; exit 3")])
    exited = keeper.wait("a/1", "exited")
    assert (exited["code"], exited["signal"], exited["told"]) == (3, None, None)
    assert exited["maxrss"] > 100_000
    assert 0 <= exited["duration"] < 60
    started = keeper.wait("a/1", "started")
    assert [r["event"] for r in keeper.records("a/1")] == ["intent", "started", "exited"]
    assert started["pid"] > 1
    assert started["start"] >= 0  # 0 of one that had ended when that was looked for
    keeper.client.spawn([keeper.shell("b/1", "exec sleep 60")])
    assert keeper.wait("b/1", "started")["start"] > 0
    assert (keeper.root / "a/1/stdout").read_text() == "out\n"
    assert (keeper.root / "a/1/stderr").read_text() == "err\n"
    assert (keeper.root / "a/1/stdout").stat().st_mode & 0o777 == 0o600


def test_the_start_of_each_is_what_the_system_says(keeper: Bench) -> None:
    """It is part of who a process is, and told without a look at the process."""
    keeper.client.spawn([keeper.shell(f"j{n}/1", "sleep 600") for n in range(20)])
    for n in range(20):
        started = keeper.wait(f"j{n}/1", "started")
        entry = processes.find(started["pid"])
        assert entry is not None
        assert entry.start == started["start"]


def test_a_folder_whose_name_is_no_text(keeper: Bench) -> None:
    folder = keeper.root / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    order = keeper.order("a/1", ["sh", "-c", "echo > here"])
    keeper.client.spawn([msgspec.structs.replace(order, cwd=str(folder))])
    assert keeper.wait("a/1", "exited")["code"] == 0
    assert (folder / "here").exists()


def test_a_signal_is_not_an_exit_code(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("a/1", "kill -9 $$")])
    exited = keeper.wait("a/1", "exited")
    assert (exited["code"], exited["signal"]) == (None, signal.SIGKILL)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["no-such-program"], "no-such-program: command not found"),
        (["/"], "Permission denied"),
        (["echo", "a\0b"], "null byte"),
    ],
)
def test_what_cannot_be_started_says_why(keeper: Bench, argv: list[str], said: str) -> None:
    keeper.client.spawn([keeper.order("a/1", argv)])
    assert said in keeper.wait("a/1", "failed")["error"]
    assert keeper.client.state().live == []


def test_a_missing_folder_is_named(keeper: Bench) -> None:
    order = keeper.order("a/1", ["true"])
    Path(order.cwd, "stdout").touch()
    keeper.client.spawn([msgspec.structs.replace(order, cwd="/no/such")])
    said = "its folder can't be entered: /no/such: No such file or directory"
    assert keeper.wait("a/1", "failed")["error"] == said


def test_the_same_key_is_started_once(keeper: Bench) -> None:
    order = keeper.shell("a/1", "echo once")
    keeper.client.spawn([order, order])
    keeper.wait("a/1", "exited")
    keeper.client.spawn([order])
    keeper.client.state()
    assert (keeper.root / "a/1/stdout").read_text() == "once\n"


def test_the_same_key_is_started_once_by_the_next_keeper_too(keeper: Bench) -> None:
    order = keeper.shell("a/1", "echo once")
    keeper.client.spawn([order])
    keeper.wait("a/1", "exited")
    os.kill(keeper.pid, signal.SIGKILL)
    with pytest.raises(KeeperGone):
        until(lambda: keeper.client.state() and None, timeout=10)
    keeper.client.close()
    keeper.connect().spawn([order])
    keeper.client.state()
    assert (keeper.root / "a/1/stdout").read_text() == "once\n"


def test_kill_ends_the_whole_tree_daemons_too(keeper: Bench) -> None:
    script = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        print(os.getpid(), flush=True)\n"
        "        time.sleep(600)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "time.sleep(600)\n"
    )
    keeper.client.spawn([keeper.order("a/1", [sys.executable, "-c", script])])
    daemon = int(keeper.printed("a/1"))
    keeper.client.kill("a/1", 5, "cancelled", "cancelled")
    exited = keeper.wait("a/1", "exited")
    assert exited["told"] == {"code": "cancelled", "sentence": "cancelled"}
    until(lambda: gone(daemon), what="the daemon's end")
    until(lambda: keeper.client.state().live == [], what="an idle keeper")


def test_sigterm_ignored_ends_by_sigkill(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("a/1", "trap '' TERM; echo on; while :; do sleep 1; done")])
    assert keeper.printed("a/1") == "on"
    keeper.client.kill("a/1", 0.3, "cancelled", "cancelled")
    assert keeper.wait("a/1", "exited")["signal"] == signal.SIGKILL


def test_an_attempt_ends_with_its_main_process(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("a/1", "sleep 600 & echo $!; exit 0")])
    exited = keeper.wait("a/1", "exited")
    assert (exited["code"], exited["leftover"]) == (0, True)
    keeper.wait("a/1", "cleared")
    assert gone(int((keeper.root / "a/1/stdout").read_text()))


def test_a_daemon_with_an_empty_environment_is_found(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("b/1", "sleep 600")])
    hidden = "env -i setsid sh -c 'echo $$; exec sleep 600' & sleep 0.3"
    keeper.client.spawn([keeper.shell("a/1", hidden)])
    daemon = int(keeper.printed("a/1"))
    keeper.wait("a/1", "cleared")
    assert gone(daemon)


def test_what_hid_completely_ends_with_the_last_attempt(keeper: Bench) -> None:
    hidden = "import os; os.closerange(3, 100); os.execvpe('sleep', ['sleep', '600'], {})"
    python = f'{sys.executable} -c "{hidden}"'
    keeper.client.spawn([keeper.shell("a/1", f"setsid {python} & echo $!; sleep 0.5")])
    daemon = int(keeper.printed("a/1"))
    keeper.wait("a/1", "exited")
    until(lambda: gone(daemon), what="the daemon's end")


def test_leftovers_of_one_do_not_touch_another(keeper: Bench) -> None:
    daemon = "(setsid sleep 600 & echo $!); "
    keeper.client.spawn([keeper.shell("a/1", daemon + "sleep 600"), keeper.shell("b/1", daemon)])
    keeper.wait("b/1", "cleared")
    assert keeper.client.state().live == ["a/1"]
    assert not gone(int(keeper.printed("a/1")))


def test_alive_is_locked_as_long_as_a_process_lives(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("a/1", "sleep 600")])
    keeper.wait("a/1", "started")
    with (keeper.root / "a/1/alive").open("rb") as alive:
        with pytest.raises(BlockingIOError):
            fcntl.flock(alive, fcntl.LOCK_SH | fcntl.LOCK_NB)
        keeper.client.kill("a/1", 5, "cancelled", "cancelled")
        until(lambda: keeper.client.state().live == [], what="the end of both")
        fcntl.flock(alive, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_many_environments(keeper: Bench) -> None:
    orders = [
        msgspec.structs.replace(
            keeper.order(f"j{n}/1", ["sh", "-c", "echo $N"]), shared={"N": str(n)}
        )
        for n in range(70)
    ]
    keeper.client.spawn(orders[:66])
    keeper.client.spawn(orders[66:])
    for n in (0, 65, 66, 69):
        assert keeper.printed(f"j{n}/1") == str(n)


def test_jobs_get_signals_as_usual(keeper: Bench) -> None:
    keeper.client.spawn([keeper.order("a/1", ["grep", "SigIgn", "/proc/self/status"])])
    keeper.wait("a/1", "exited")
    ignored = int((keeper.root / "a/1/stdout").read_text().split()[1], 16)
    assert not ignored & sum(1 << (n - 1) for n in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM))


def test_attempts_go_on_without_a_client(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("a/1", "sleep 0.3; exit 7")])
    keeper.wait("a/1", "started")
    keeper.client.close()
    assert keeper.wait("a/1", "exited")["code"] == 7
    keeper.connect()


def test_one_keeper_per_data_directory(keeper: Bench) -> None:
    instance = keeper.client.state().instance
    other = KeeperClient.connect(keeper.root, keeper.socket, keeper.root / "keeper.log")
    assert other.state().instance == instance
    other.close()


def test_a_torn_journal_is_read_and_continued(tmp_path: Path, sockets: Path) -> None:
    whole = b'{"event":"intent","key":"old/1"}\n'
    (tmp_path / "journal").write_bytes(whole + b'{"event":"exited","key":"old/1","co')
    with bench(tmp_path, sockets) as keeper:
        keeper.client.spawn([keeper.shell("a/1", "exit 4")])
        assert keeper.wait("a/1", "exited")["code"] == 4
        assert [r["event"] for r in keeper.records("old/1")] == ["intent"]


def test_rotation_keeps_the_live_and_the_unread(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("a/1", "exit 0"), keeper.shell("b/1", "sleep 600")])
    keeper.wait("a/1", "exited")
    keeper.wait("b/1", "started")
    offset = keeper.client.state().journal
    keeper.client.spawn([keeper.shell("c/1", "exit 0")])
    keeper.wait("c/1", "exited")
    keeper.client.rotate(offset)
    until(lambda: not keeper.records("a/1"), what="the rotation")
    assert [r["event"] for r in keeper.records("b/1")] == ["intent", "started"]
    assert [r["event"] for r in keeper.records("c/1")] == ["intent", "started", "exited"]
    keeper.client.kill("b/1", 5, "cancelled", "cancelled")
    keeper.wait("b/1", "exited")


def test_nonsense_on_the_line_is_survived(keeper: Bench) -> None:
    keeper.client._sock.sendall(b"[1]\n")
    with pytest.raises(KeeperGone):
        keeper.client.state()
    keeper.client.close()
    keeper.connect().spawn([keeper.shell("a/1", "exit 0")])
    keeper.wait("a/1", "exited")


def test_it_stops_when_told_and_idle(keeper: Bench) -> None:
    pid = keeper.pid
    keeper.client.spawn([keeper.shell("a/1", "sleep 0.3")])
    keeper.wait("a/1", "started")
    keeper.client.stop_when_idle()
    keeper.wait("a/1", "exited")
    until(lambda: gone(pid), what="the keeper's end")


def test_a_socket_that_someone_removed_comes_back(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("a/1", "sleep 600")])
    keeper.wait("a/1", "started")
    pid = keeper.pid
    keeper.socket.unlink()
    again = KeeperClient.connect(keeper.root, keeper.socket, keeper.root / "keeper.log")
    assert (again.state().live, keeper.pid) == (["a/1"], pid)
    again.close()


def test_an_order_for_what_is_over_is_refused(keeper: Bench) -> None:
    order = keeper.shell("a/1", "sleep 600")
    keeper.client.spawn([order, order])
    keeper.wait("a/1", "started")
    keeper.client.kill("a/1", 0, "cancelled", "cancelled")
    keeper.wait("a/1", "exited")
    assert keeper.find("a/1", "failed") is None
    keeper.client.spawn([order])
    assert keeper.wait("a/1", "failed")["error"].startswith("it ran before")
