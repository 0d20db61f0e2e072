"""What the local executor makes of what others left."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs_ext.model.ids import new_id
from jobs_ext.runner.executors import Lost
from jobs_ext.runner.executors.local import LocalExecutor
from jobs_ext.store.paths import Paths


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
