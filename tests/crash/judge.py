"""The judge: holds what was accepted and what the ledger says against the history.

Every function takes facts and yields complaints, one sentence each: no complaint, no defect.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jobs_ext.model.clock import to_epoch
from jobs_ext.model.status import FINAL, MOVES, Status
from tests.crash.killer import Kill
from tests.crash.ledger import Run
from tests.crash.load import Accepted

_SLACK = 2.0  # seconds between a job's last note and the end of its process being written down
_LOST_TRIES = 3  # attempts of one job that may be lost


@dataclass
class Facts:
    """Everything that is known after a drill."""

    accepted: list[Accepted]
    jobs: dict[str, list[dict[str, Any]]]  # by key: its jobs, as the API shows them
    history: dict[str, list[dict[str, Any]]]  # by job id: its events
    runs: list[Run]
    kills: list[Kill]
    orphans: list[str] = field(default_factory=list)  # processes of attempts that are left
    zombies: list[str] = field(default_factory=list)


def judge(facts: Facts) -> list[str]:
    """Return all complaints."""
    checks = (_kept, _once, _starts, _verdicts, _histories, _left_over)
    return [complaint for check in checks for complaint in check(facts)]


def _kept(facts: Facts) -> Iterator[str]:
    """No accepted job is lost, and each has ended."""
    for one in facts.accepted:
        jobs = facts.jobs.get(one.key, [])
        if len(one.ids) != 1:
            yield f"{one.key}: the same key made {sorted(one.ids)}"
        if len(jobs) != one.n_jobs:
            yield f"{one.key}: {one.n_jobs} jobs were accepted, {len(jobs)} are there"
        yield from (
            f"{one.key}: {job['id']} is {job['status']}"
            for job in jobs
            if Status(job["status"]) not in FINAL
        )


def _once(facts: Facts) -> Iterator[str]:
    """Nothing runs twice at the same time, and no attempt is started twice."""
    yield from (f"{r.job}/{r.attempt} ran beside another attempt" for r in facts.runs if r.twin)
    starts = Counter((run.job, run.attempt) for run in facts.runs)
    yield from (f"{job}/{n} was started {k} times" for (job, n), k in starts.items() if k > 1)


def _starts(facts: Facts) -> Iterator[str]:
    """Each start has its row, each row its reason: what came before it, and the retry policy."""
    started = defaultdict(set)
    for run in facts.runs:
        started[run.job].add(run.attempt)
    for one, job in _jobs(facts):
        rows = {row["number"]: row for row in job["attempts"]}
        for number in started.pop(job["id"], set()) - rows.keys():
            yield f"{job['id']}/{number} was started, and is not among the attempts"
        if sorted(rows) != list(range(1, len(rows) + 1)):
            yield f"{job['id']} has the attempts {sorted(rows)}"
        yield from _policy(one, job["id"], job["attempts"])
    yield from (f"{job} was started, and nobody knows it" for job in started)


def _policy(one: Accepted, job: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    lost = failed = 0
    for number, row in enumerate(rows[:-1], 1):
        if row["reason_code"] == "lost":
            lost += 1
            allowed = one.on_lost == "retry" and lost < _LOST_TRIES
        else:
            failed += 1
            allowed = row["status"] == "FAILED" and failed <= one.retries
        if not allowed:
            yield f"{job}/{number + 1} was started after {row['status']} {row['reason_code']}"


def _verdicts(facts: Facts) -> Iterator[str]:
    """What is said of the end of each attempt is what the ledger and the killer saw."""
    runs = {(run.job, run.attempt): run for run in facts.runs}
    for one, job in _jobs(facts):
        for row in job["attempts"]:
            key = job["id"], row["number"]
            wrong = _verdict(facts, one, row, runs.get(key), key)
            if wrong:
                yield f"{job['id']}/{row['number']} ({row['status']} {row['reason']}): {wrong}"
        last = job["attempts"][-1] if job["attempts"] else None
        if last and job["status"] != last["status"] and job["status"] != "CANCELLED":
            yield f"{job['id']} is {job['status']}, its last attempt {last['status']}"
        if job["status"] == "CANCELLED" and one.cancelled is None:
            yield f"{job['id']} is CANCELLED, and nobody asked for it"
        if not last and job["status"] != "CANCELLED":
            yield f"{job['id']} is {job['status']} and had no attempt"


def _verdict(
    facts: Facts, one: Accepted, row: dict[str, Any], run: Run | None, key: tuple[str, int]
) -> str:
    """Return what is wrong with the end of an attempt, "" when it is true."""
    code = None if run is None else run.code
    match row["status"], row["reason_code"]:
        case "SUCCEEDED", _:
            return "" if code == 0 else f"the ledger says {code}"
        case "FAILED", "exit_code":
            said = row["exit_code"]
            return "" if code == said and code else f"the ledger says {code}, the row {said}"
        case "FAILED", "signal":
            killed = any((k.job, k.attempt) == key for k in facts.kills)
            return "" if killed and row["signal"] == 9 else "nobody killed it"
        case "FAILED", "lost":
            return _lost(facts, row, run)
        case "CANCELLED", _:
            return "" if one.cancelled is not None else "nobody asked for it"
        case _:
            return "that can't be"


def _lost(facts: Facts, row: dict[str, Any], run: Run | None) -> str:
    """Return what is wrong with the loss of an attempt: a keeper died while it ran."""
    deaths = [kill.at for kill in facts.kills if kill.victim == "keeper"]
    if run is None:
        return "" if deaths else "no keeper was killed"
    if not any(run.start - _SLACK < at and (run.end is None or at < run.end + _SLACK)
               for at in deaths):  # fmt: skip
        return "no keeper was killed while it ran"
    if run.ended is not None and run.ended > to_epoch(row["stop"]):
        return "it still ran when it was said to be lost"
    return ""


def _histories(facts: Facts) -> Iterator[str]:
    """The events of each job are moves of the table, and end where the job stands."""
    for _, job in _jobs(facts):
        events = facts.history.get(job["id"], [])
        seqs = [event["seq"] for event in events]
        if seqs != sorted(set(seqs)):
            yield f"{job['id']}: its events are out of order"
        moves = [e["data"] for e in events if e["type"] == "status"]
        place = Status(moves[0]["from"]) if moves else Status(job["status"])
        for move in moves:
            if move["from"] != place or Status(move["status"]) not in MOVES[place]:
                yield f"{job['id']} went from {place} by {move}"
            place = Status(move["status"])
        if place != job["status"]:
            yield f"{job['id']} is {job['status']}, its history ends at {place}"
        running = sum(move["status"] == "RUNNING" for move in moves)
        begun = sum(row["start"] is not None for row in job["attempts"])
        if running < begun or running > len(job["attempts"]):
            yield f"{job['id']} was RUNNING {running} times in {len(job['attempts'])} attempts"


def _left_over(facts: Facts) -> Iterator[str]:
    yield from (f"an orphan: {one}" for one in facts.orphans)
    yield from (f"a zombie: {one}" for one in facts.zombies)


def _jobs(facts: Facts) -> Iterator[tuple[Accepted, dict[str, Any]]]:
    for one in facts.accepted:
        for job in facts.jobs.get(one.key, []):
            yield one, job
