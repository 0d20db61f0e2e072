"""What the runner asks of the store costs the same however many jobs wait."""

from __future__ import annotations

import re

import pytest

from jobs_ext.store import queue
from jobs_ext.store.engine import Store
from jobs_ext.store.migrate import migrate
from jobs_ext.store.paths import Paths


@pytest.fixture
def store(tmp_path, runtime_dir):
    paths = Paths(tmp_path, runtime_dir)
    paths.make()
    store = Store(paths)
    migrate(store)
    yield store
    store.close()


@pytest.mark.parametrize("name", ["_GLANCE", "_TO_CANCEL", "_STILL_RUNNABLE", "_UNDER_WAY"])
def test_the_runners_questions_scan_no_table(store, name):
    statement = getattr(queue, name).sql
    given = ("[]",) * statement.count("?")
    with store.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        steps = [row.detail for row in plan]
    scans = [step for step in steps if re.match(r"SCAN (job|attempt|batch)\b", step)]
    assert [step for step in scans if "USING" not in step] == [], steps
