from __future__ import annotations

import hashlib
import os
import time

import pytest

from jobs_ext.service import uploads
from jobs_ext.service.uploads import Drafts, Upload, digest, sweep_drafts


def keep(service, *bodies):
    uploads = {str(number): Upload("a", "text/plain", b) for number, b in enumerate(bodies)}
    with Drafts(service.paths, uploads) as drafts, drafts.placed() as parts:
        return list(parts.values())


def kept(service):
    return sorted(path.name for path in service.paths.parts_dir.iterdir())


@pytest.mark.parametrize("as_file", [False, True])
def test_an_upload_is_kept_by_its_content(service, tmp_path, as_file):
    content = b"abc" * 1_000_000
    body = content
    if as_file:
        body = tmp_path / "given"
        body.write_bytes(content)
    (sha,) = keep(service, body)
    assert sha == digest(body) == hashlib.sha256(content).hexdigest()
    assert service.paths.parts(sha).read_bytes() == content


def test_the_same_content_is_kept_once(service):
    keep(service, b"x", b"x")
    keep(service, b"x")
    assert len(kept(service)) == 1


def test_a_file_that_vanished_leaves_nothing_behind(service, tmp_path):
    with pytest.raises(FileNotFoundError):
        keep(service, b"x", tmp_path / "gone")
    assert kept(service) == []


def place_and_fail(service, uploads):
    with Drafts(service.paths, uploads) as drafts, drafts.placed() as parts:
        assert len(kept(service)) == 3  # one is a draft still: its content was there
        raise ZeroDivisionError(parts)


def test_what_fails_takes_back_only_what_is_new(service):
    (old,) = keep(service, b"old")
    uploads = {"a": Upload("a", "x/y", b"old"), "b": Upload("b", "x/y", b"new")}
    with pytest.raises(ZeroDivisionError):
        place_and_fail(service, uploads)
    assert kept(service) == [old]


def test_drafts_of_a_server_that_died_are_swept_when_the_next_one_starts(service, open_service):
    fresh, old = service.paths.parts_dir / ".fresh", service.paths.parts_dir / ".old"
    for draft in (fresh, old):
        draft.write_text("half")
    os.utime(old, (time.time() - 7200,) * 2)
    open_service(migrate=False)
    assert kept(service) == [".fresh", ".old"]
    open_service()
    assert kept(service) == [".fresh"]
    sweep_drafts(service.paths)
    assert kept(service) == [".fresh"]


def test_a_draft_stays_as_long_as_the_process_that_writes_it(service, monkeypatch):
    monkeypatch.setattr(uploads, "_OLD", -1.0)  # however fresh it is
    ours, older, dead = (
        service.paths.parts_dir / f".{pid}-x" for pid in (os.getpid(), os.getppid(), 2**22 + 1)
    )
    for draft in (ours, older, dead):
        draft.write_text("half")
    os.utime(older, (0, 0))  # a process of that number came later
    sweep_drafts(service.paths)
    assert kept(service) == [ours.name]
