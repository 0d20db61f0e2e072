"""What the local executor makes of what others left."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from jobs_ext.model.ids import new_id
from jobs_ext.model.reasons import ReasonCode
from jobs_ext.runner.executors import ExecutorUnavailable, Exited, Happening, Lost, Unstarted, Why
from jobs_ext.runner.executors.local import LocalExecutor
from jobs_ext.runner.keeper import client
from jobs_ext.store.paths import Paths
from tests.runner.keepers import Bench
from tests.waiting import until


@pytest.mark.parametrize("card", ["", '{"pid": 1, "proc', "[]"])
def test_a_torn_card_of_the_keeper_says_that_the_machine_went_down(
    tmp_path: Path, sockets: Path, card: str
) -> None:
    """Whether an attempt had begun can't be told then; it is no reason for the runner to end."""
    paths = Paths(tmp_path, sockets)
    paths.keeper.write_text(card)
    executor = LocalExecutor(paths)
    executor.recover({f"{new_id()}/1": None})
    (happening,) = executor.poll()
    executor.close(idle=True)
    assert isinstance(happening, Lost)


def test_a_stop_that_a_stuck_keeper_does_not_answer_is_ordered_again(
    keeper: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Paths, "keeper_socket", keeper.socket)
    executor = LocalExecutor(Paths(keeper.root))
    executor.recover({})
    os.kill(keeper.pid, signal.SIGSTOP)
    executor.submit([keeper.order("job/1", ["sleep", "600"])])
    monkeypatch.setattr(client, "_START_TIME", 0.2)
    with pytest.raises(ExecutorUnavailable):
        executor.stop("job/1", Why(ReasonCode.CANCELLED, "cancelled"), 0.1)
    monkeypatch.setattr(client, "_START_TIME", 20.0)
    os.kill(keeper.pid, signal.SIGCONT)
    happened: list[Happening] = []

    def ended() -> bool:
        happened.extend(executor.poll())
        return any(isinstance(one, Exited | Unstarted) for one in happened)

    until(ended, timeout=10, what="the end of an attempt that was stopped")
    executor.close(idle=True)
