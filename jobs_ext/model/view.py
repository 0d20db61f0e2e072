"""The one view of a job or a batch: plain JSON that every drawing of it starts from.

The card in a cell, the widget, the panel and the static HTML draw exactly this and nothing else.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from .job import Batch, Failures, Job
from .status import ACTIVE, Status

MIME = "application/vnd.jobs-ext.job.v1+json"

_TONES = {
    Status.SUBMITTED: "waiting",
    Status.PENDING: "waiting",
    Status.RUNNABLE: "waiting",
    Status.STARTING: "active",
    Status.RUNNING: "active",
    Status.SUCCEEDED: "good",
    Status.FAILED: "bad",
    Status.CANCELLED: "stopped",
}


def view_model(job: Job) -> dict[str, Any]:
    """Return what there is to see of a job: JSON with ``kind`` "job"."""
    last = job.attempts[-1] if job.attempts else None
    return {
        "kind": "job",
        "id": job.id,
        "pk": job.pk,
        "title": job.name,
        "target": {"kind": job.target.kind, "name": job.target.name},
        "status": str(job.status),
        "tone": _TONES[job.status],
        "final": job.status.final,
        "stage": job.stage,
        "reason_code": job.reason_code,
        "reason": job.reason,
        "progress": None if job.progress is None else msgspec.to_builtins(job.progress),
        "created": job.created,
        "started": job.started,
        "stopped": job.stopped,
        "attempt": len(job.attempts),
        "exit_code": last.exit_code if last else None,
        "peak_memory": last.peak_memory if last else None,
        "cpu_seconds": last.cpu_seconds if last else None,
        "duration": last.duration if last else None,
        "log_tail": last.log_tail if last and job.status is Status.FAILED else None,
        "batch": job.batch,
        "batch_index": job.batch_index,
        "notebook": job.notebook,
        "arguments": [{"name": n, "text": show_value(v)} for n, v in job.arguments.items()],
        "steps": [
            {"name": s.name, "status": str(s.status), "tone": _TONES[s.status], "reason": s.reason}
            for s in job.steps
        ],
        "outputs": [
            {"name": o.name, "size": o.size, "media_type": o.media_type, "main": o.main}
            for o in job.outputs
        ],
        "n_outputs": job.n_outputs,
        "actions": _actions(job),
    }


def _actions(job: Job) -> list[str]:
    if job.status.final:
        return ["reset", "rerun"] if job.status is Status.FAILED else ["rerun"]
    return [] if job.cancel_requested and job.status in ACTIVE else ["cancel"]


def batch_view(batch: Batch, failures: list[Failures]) -> dict[str, Any]:
    """Return what there is to see of a batch: JSON with ``kind`` "batch"."""
    done = sum(n for status, n in batch.counts.items() if Status(status).final)
    final = done == batch.n_jobs
    return {
        "kind": "batch",
        "id": batch.id,
        "pk": batch.pk,
        "title": batch.name,
        "target": {"kind": batch.target.kind, "name": batch.target.name},
        "n_jobs": batch.n_jobs,
        "counts": batch.counts,
        "done": done,
        "final": final,
        "tone": batch_tone(batch.counts, final=final),
        "created": batch.created,
        "failed": [_failure(one) for one in failures],
        "actions": _batch_actions(batch, final=final),
    }


def _failure(same: Failures) -> dict[str, Any]:
    """Return what is said of jobs that failed for one reason, with the first as the example."""
    job = same.example
    return {
        "reason_code": same.reason_code,
        "n_jobs": same.n_jobs,
        "id": job.id,
        "title": job.name,
        "reason": job.reason,
    }


def _batch_actions(batch: Batch, *, final: bool) -> list[str]:
    cancel = [] if final or batch.cancel_requested else ["cancel"]
    return [*cancel, *(["reset"] if batch.counts[Status.FAILED] else [])]


def batch_tone(counts: dict[str, int], *, final: bool) -> str:
    """Return the tone (good, bad, active, …) that stands for a whole batch."""
    if counts[Status.FAILED]:
        return "bad"
    if final:
        return "stopped" if counts[Status.CANCELLED] else "good"
    return "active" if counts[Status.STARTING] + counts[Status.RUNNING] else "waiting"


def show_value(value: Any, limit: int = 80) -> str:
    """Return an argument as one short line of text."""
    if isinstance(value, dict) and "$part" in value:
        text = str(value.get("text") or f"uploaded {value['$part']}")
    elif isinstance(value, dict) and isinstance(named := value.get("$output"), dict):
        text = "/".join(str(named[part]) for part in ("job", "name") if named.get(part))
    elif isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def mime_bundle_data(view: dict[str, Any], server: str) -> dict[str, Any]:
    """Return the JSON kept in a notebook: the snapshot and which server it came from."""
    return {"version": 1, "server": server, "view": view}
