"""Jobs as they end."""

from __future__ import annotations

import pytest

import jobs_ext as jx
from jobs_ext.client import waiting


def waits(name):
    """Return a command that ends when a file is there."""
    return ["sh", "-c", f"while ! [ -e {name} ]; do sleep 0.02; done"]


def test_jobs_come_as_they_end(client, server):
    slow, quick = jx.submit(waits("now.txt")), jx.submit(["sh", "-c", "exit 3"])
    ended = jx.as_completed([slow, quick], timeout=60)
    assert next(ended) == quick
    (server.work / "now.txt").touch()
    assert next(ended) is slow
    assert (quick.status, slow.status) == ("FAILED", "SUCCEEDED")
    assert list(ended) == []
    assert list(jx.as_completed([])) == []


def test_a_batch_comes_as_its_jobs_end(client, server):
    code = (
        "printf 'a\\n7\\n' > $JOBS_OUTPUT_DIR/t.csv; [ $0 -gt 2 ] && exit 1; "
        "while [ $0 = 2 ] && ! [ -e two.txt ]; do sleep 0.02; done"
    )
    batch = jx.map(["sh", "-c", code, "{n}"], jx.grid(n=[1, 2, 3]))
    ended = batch.as_completed(60)
    first = {next(ended).arguments["n"] for _ in range(2)}
    assert first == {1, 3}
    with pytest.raises(jx.errors.JobFailed, match="1 of the 2 jobs has no result"):
        batch.df(wait=False)
    assert batch.df(wait=False, missing="row")["n"].tolist() == [1, 3]
    (server.work / "two.txt").touch()
    assert [(job.batch_index, job.arguments["n"]) for job in ended] == [(1, 2)]
    failed = batch.failures().df()
    assert list(failed.columns[:2]) == ["n", "id"]
    assert failed[["n", "status", "reason_code"]].values.tolist() == [[3, "FAILED", "exit_code"]]


def test_waiting_ends_by_time_or_by_hand_and_harms_no_job(client, monkeypatch):
    job = jx.submit(["sleep", "600"])
    with pytest.raises(TimeoutError, match="1 of the 1 jobs have not ended"):
        list(jx.as_completed([job], timeout=0.1))
    with pytest.raises(TypeError, match="takes a batch or jobs"):
        jx.as_completed(["no job"])

    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting.Pause, "__call__", interrupt)
    with pytest.raises(KeyboardInterrupt, match="the jobs go on"):
        list(jx.as_completed([job]))
    assert job.status != "CANCELLED"
    job.cancel()
