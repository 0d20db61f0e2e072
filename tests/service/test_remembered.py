"""Jobs that are kept as they were shown: every change of one is seen at once, whoever makes it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from jobs_ext.model.grant import GrantRequest
from jobs_ext.model.job import Job, Page
from jobs_ext.model.query import JobQuery
from jobs_ext.model.request import JobChange
from jobs_ext.model.status import Status
from jobs_ext.service import Principal
from jobs_ext.service import remembered as module
from jobs_ext.service.remembered import Remembered, Shown, as_json
from jobs_ext.store.listing import MARK
from jobs_ext.store.schema import attempt, job, output
from tests.service.runs import found, run

BOB = Principal("bob", frozenset({"read"}))


@pytest.fixture
def other(service, open_service):
    """Another server on the same data directory."""
    return open_service()


@pytest.fixture
def failed(service, submit, tmp_path):
    """The id of a job that FAILED and left an output."""
    made = submit(arguments={"k": 1}, env={"SECRET": "x"}, archive="results").id
    run(service, made, Status.FAILED, outputs=[found("a.txt", tmp_path / "a.txt")], log_tail="oh")
    return made


def shown(service, who, job_id):
    """Return a job as a GET and as a page shows it, which is the same."""
    one = service.jobs.get(who, job_id)
    query = JobQuery(ids=[job_id])
    assert service.jobs.list(who, query).items == [one]
    page = msgspec.json.encode(service.jobs.listed(who, query))
    assert msgspec.json.decode(page, type=Page[Job]).items == [one]
    return one


def _archive(service, who, job_id):
    path = Path(service.jobs.get(who, job_id).outputs[0].path)
    service.archives.ask(who, job_id, "results")
    path.write_text("abc")
    assert service.archives.step()


def _again(service, who, job_id):
    service.jobs.reset(who, job_id)
    run(service, job_id)


CHANGES = {
    "description": lambda service, who, one: service.jobs.change(
        who, one, JobChange(description="d")
    ),
    "archive": _archive,
    "reset": lambda service, who, one: service.jobs.reset(who, one),
    "another attempt": _again,
    "cancelled for good": lambda service, who, one: service.jobs.cancel(who, one, failed=True),
}


@pytest.mark.parametrize("by", ["this server", "another one"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_by_both_servers(change, by, service, other, who, failed):
    before = shown(service, who, failed)
    assert shown(other, who, failed) == before
    CHANGES[change](service if by == "this server" else other, who, failed)
    after = shown(service, who, failed)
    assert after != before
    assert shown(other, who, failed) == after


def test_the_trash_and_back(service, other, who, failed):
    before = shown(service, who, failed)
    other.jobs.delete(who, failed)
    assert service.jobs.list(who, JobQuery()).items == []
    (hidden,) = service.jobs.list(who, JobQuery(deleted=True)).items
    assert hidden.deleted
    other.trash.reinstate_job(who, failed)
    assert shown(service, who, failed) == before


def test_what_is_kept_for_the_owner_is_not_for_others(service, who, failed):
    own = shown(service, who, failed)
    service.grants.put(who, failed, "bob", GrantRequest())
    assert own.options["env"] == {"SECRET": "x"}
    assert "env" not in shown(service, BOB, failed).options
    assert shown(service, who, failed) == own
    service.grants.remove(who, failed, "bob")
    assert service.jobs.list(BOB, JobQuery()).items == []


def test_why_a_job_waits_is_said_anew(service, other, who, submit):
    first = submit().id
    second = submit().id
    assert "1 job is ahead" in shown(service, who, second).reason
    other.jobs.cancel(who, first)
    assert "it is next" in shown(service, who, second).reason


#: Columns of `job` that nothing is shown of, or that say which job it is.
_FIXED = {"pk", "id", "edition", "status", "spec", "batch_pk", "line"}


def _edition(service, job_id):
    with service._store.read() as connection:
        return connection.execute(text(f"SELECT {MARK}pk FROM job WHERE id = '{job_id}'")).one()[2]


@pytest.mark.parametrize(
    "statement",
    [
        *(f"UPDATE job SET {c.name} = 7" for c in job.columns if c.name not in _FIXED),
        *(f"UPDATE attempt SET {c.name} = 7" for c in attempt.columns if c.name != "job_pk"),
        *(f"UPDATE output SET {c.name} = 7" for c in output.columns if c.name != "job_pk"),
        "UPDATE job SET status = 'CANCELLED'",
        "DELETE FROM attempt",
        "DELETE FROM output",
        "INSERT INTO attempt (job_pk, number, status, claimed) VALUES (1, 2, 'LOST', '')",
        "REPLACE INTO output (job_pk, attempt, name, path, media_type, size, main)"  # noqa: ISC004
        " VALUES (1, 1, 'a.txt', '', '', 1, 0)",
    ],
)
def test_whatever_changes_a_row_moves_the_edition(statement, service, failed):
    before = _edition(service, failed)
    with service._store.write() as tx:
        tx.execute(text(statement))
    assert _edition(service, failed) != before


def test_a_job_under_way_has_none(service, submit):
    assert _edition(service, submit().id) is None


def _job(size):
    job = Job("i", 1, "x" * size, None, Status.SUCCEEDED, "ada", "now")
    return Shown(job, as_json(job))


def test_little_is_kept_and_nothing_large(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 10 * len(memoryview(_job(10).json)))
    remembered, keys = Remembered(), [(pk, 0, True) for pk in range(15)]
    for key in keys:
        remembered.keep({key: _job(10)})
        remembered.find(keys[:1])  # asked for all the time: it stays
    assert [*remembered.find(keys)] == [keys[0], *keys[6:]]
    remembered.keep({(99, 0, True): _job(20_000), (98, None, True): _job(10)})
    assert not remembered.find([(99, 0, True), (98, None, True)])
