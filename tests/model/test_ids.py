from __future__ import annotations

import threading
import uuid

from jobs_ext.model.ids import is_id, new_id


def test_ids_are_uuid_version_7():
    for _ in range(100):
        parsed = uuid.UUID(new_id())
        assert parsed.version == 7
        assert parsed.variant == uuid.RFC_4122


def test_ids_made_in_order_sort_in_order():
    ids = [new_id() for _ in range(5000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_the_clock_stepping_back_keeps_the_order(monkeypatch):
    first = new_id()
    monkeypatch.setattr("jobs_ext.model.ids.time.time_ns", lambda: 0)
    assert new_id() > first


def test_threads_never_get_the_same_id():
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend(new_id() for _ in range(500))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 2000


def test_is_id_takes_only_our_own_form():
    assert is_id(new_id())
    for wrong in ("", "1", str(uuid.uuid4()), new_id().upper(), new_id() + "\n", f"{{{new_id()}}}"):
        assert not is_id(wrong)
