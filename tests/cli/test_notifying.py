"""Notifications on the command line."""

from __future__ import annotations

URL = "https://hooks.example.org/T0/secret"


def test_whom_a_job_tells(jobs):
    job = jobs("submit", "--hold", "--", "true").id
    made = jobs("notify", job, URL, "failed", "running").id
    shown = jobs("notifications", job)
    assert made in shown.out
    assert "FAILED, RUNNING" in shown.out
    assert "secret" not in shown.out
    (told,) = jobs("notifications", job, "--json").json
    assert told["events"] == ["FAILED", "RUNNING"]
    (first, *_) = jobs("notifications", "--json").json
    assert (first["id"], first["job"]) == (made, job)
    assert f"{job}  {made}" in jobs("notifications").out
    refused = jobs("notify", job, "http://127.0.0.1/")
    assert refused.code == 2
    assert "address of this machine" in refused.err
    assert jobs("unnotify", job, made).code == 0
    assert jobs("unnotify", job, made).code != 0
    assert jobs("notifications", job, "--json").json == []
    jobs("cancel", job)
    assert "has ended" in jobs("notify", job, URL).err
