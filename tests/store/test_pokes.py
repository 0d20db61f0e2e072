from __future__ import annotations

import select
import shutil
import socket

import pytest

from jobs_ext.store.paths import Paths
from jobs_ext.store.pokes import PokeReceiver, send_pokes


@pytest.fixture
def paths(tmp_path, runtime_dir):
    return Paths(tmp_path, runtime_dir)


def test_a_poke_wakes_the_runner_alone(paths):
    runner = PokeReceiver(paths.runner_socket)
    server = PokeReceiver(paths.server_socket(1))
    send_pokes(paths, "runner")
    send_pokes(paths, "runner")
    assert select.select([runner, server], [], [], 5)[0] == [runner]
    assert (runner.drain(), runner.drain(), server.drain()) == (2, 0, 0)
    runner.close()
    server.close()


def test_a_poke_wakes_every_server(paths):
    servers = [PokeReceiver(paths.server_socket(pid)) for pid in (1, 2)]
    send_pokes(paths, "servers")
    assert [server.drain() for server in servers] == [1, 1]
    for server in servers:
        server.close()
    assert not list(paths.sockets.iterdir())


def test_nobody_there_is_no_failure(paths):
    send_pokes(paths, "runner")
    paths.sockets.mkdir(parents=True)
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dead.bind(str(paths.server_socket(7)))
    dead.close()
    send_pokes(paths, "servers")


def test_a_full_socket_never_holds_up_the_sender(paths):
    receiver = PokeReceiver(paths.runner_socket)
    for _ in range(5000):
        send_pokes(paths, "runner")
    assert receiver.drain() > 0
    receiver.close()


def test_closing_leaves_the_socket_of_a_successor(paths):
    old = PokeReceiver(paths.runner_socket)
    new = PokeReceiver(paths.runner_socket)
    old.close()
    send_pokes(paths, "runner")
    assert new.drain() == 1
    new.close()


def test_what_a_killed_process_left_is_cleared(paths):
    paths.sockets.mkdir(parents=True)
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dead.bind(str(paths.server_socket(7)))
    dead.close()
    send_pokes(paths, "servers")
    assert not list(paths.sockets.iterdir())


def test_a_receiver_whose_file_was_removed_listens_again(paths):
    receiver = PokeReceiver(paths.runner_socket)
    receiver.stay_reachable()
    send_pokes(paths, "runner")
    assert receiver.drain() == 1
    shutil.rmtree(paths.runner_socket.parent)
    receiver.stay_reachable()
    send_pokes(paths, "runner")
    assert receiver.drain() == 1
    receiver.close()
    assert not paths.runner_socket.exists()
