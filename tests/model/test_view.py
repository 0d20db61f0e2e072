from __future__ import annotations

import json

import pytest

from jobs_ext.model.job import Attempt, Batch, Job, Output, Progress, Step, TargetInfo
from jobs_ext.model.status import Status
from jobs_ext.model.view import batch_view, show_value, view_model


def job(**changes) -> Job:
    plain = {
        "id": "0190c3a2-0000-7000-8000-000000000001",
        "pk": 1,
        "name": "simulate",
        "target": TargetInfo("function", "simulate"),
        "status": Status.RUNNING,
        "owner": "ada",
        "created": "2026-10-01T09:30:00.000000Z",
    }
    return Job(**(plain | changes))


def counts(**some: int) -> dict[str, int]:
    return {str(status): some.get(status, 0) for status in Status}


def test_a_view_is_plain_json():
    seen = view_model(
        job(
            progress=Progress(0.5, "half"),
            attempts=[Attempt(1, Status.RUNNING, peak_memory=10)],
            outputs=[Output("a.csv", "text/csv", 3, path="/secret/a.csv")],
            n_outputs=1,
            arguments={"k": 3},
        )
    )
    assert seen["n_outputs"] == len(seen["outputs"]) == 1
    assert json.loads(json.dumps(seen)) == seen
    assert seen["progress"] == {"fraction": 0.5, "message": "half", "data": None}
    assert seen["arguments"] == [{"name": "k", "text": "3"}]
    assert "/secret" not in json.dumps(seen)


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_tone_and_actions(status):
    seen = view_model(job(status=status))
    assert seen["tone"] in {"waiting", "active", "good", "bad", "stopped"}
    failed = ["reset"] if status is Status.FAILED else []
    assert seen["actions"] == ([*failed, "rerun"] if status.final else ["cancel"])


def test_a_job_being_cancelled_offers_no_second_cancel():
    assert view_model(job(cancel_requested="2026-10-01T09:30:00.000000Z"))["actions"] == []


@pytest.mark.parametrize(
    ("some", "tone", "final"),
    [
        ({"SUCCEEDED": 3}, "good", True),
        ({"SUCCEEDED": 2, "CANCELLED": 1}, "stopped", True),
        ({"SUCCEEDED": 2, "FAILED": 1}, "bad", True),
        ({"SUCCEEDED": 2, "RUNNING": 1}, "active", False),
        ({"SUBMITTED": 3}, "waiting", False),
    ],
)
def test_the_tone_of_a_batch(some, tone, final):
    batch = Batch("id", 1, "b", TargetInfo("tool", "wc-1.0"), "ada", "now", 3, 3, counts(**some))
    seen = batch_view(batch, [])
    assert (seen["tone"], seen["final"]) == (tone, final)


def test_steps_are_shown_with_their_tones():
    steps = [
        Step("a", 0, Status.SUCCEEDED, exit_code=0),
        Step("b", 1, Status.FAILED, reason="exited with code 3"),
    ]
    assert view_model(job(steps=steps))["steps"] == [
        {"name": "a", "status": "SUCCEEDED", "tone": "good", "reason": None},
        {"name": "b", "status": "FAILED", "tone": "bad", "reason": "exited with code 3"},
    ]


def test_values_are_shown_short_and_on_one_line():
    assert show_value("a\nb") == "a b"
    assert len(show_value("x" * 500)) == 80
    assert show_value({"$part": "frame", "text": "3 × 2 frame"}) == "3 × 2 frame"
    assert show_value([1, 2]) == "[1, 2]"
    assert show_value({"$output": {"job": "the-id"}}) == "the-id"
    assert show_value({"$output": {"job": "the-id", "name": "t.csv"}}) == "the-id/t.csv"
    assert show_value({"$output": 1}) == '{"$output": 1}'
