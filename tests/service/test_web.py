"""Requests to places that a submitter named."""

from __future__ import annotations

import socket
import time

import pytest

from jobs_ext.service.addresses import Guard
from jobs_ext.service.web import opened


class SlowGuard(Guard):
    """Connects to a peer that has answered already, but takes its time."""

    def connect(self, host, port, timeout):
        here, there = socket.socketpair()
        there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.peer = there
        time.sleep(0.3)
        return here


def test_the_time_to_connect_counts():
    guard, url = SlowGuard(), "http://example.org/"
    with opened(guard, url, within=5.0) as answer:
        assert answer.status == 200
    guard.peer.close()
    with pytest.raises(TimeoutError), opened(guard, url, within=0.05):
        pass
    guard.peer.close()
