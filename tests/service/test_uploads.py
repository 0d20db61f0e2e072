from __future__ import annotations

import hashlib

import pytest

from jobs_ext.service.uploads import Upload, digest, keep


@pytest.mark.parametrize("as_file", [False, True])
def test_an_upload_is_kept_by_its_content(service, tmp_path, as_file):
    content = b"abc" * 1_000_000
    body = content
    if as_file:
        body = tmp_path / "given"
        body.write_bytes(content)
    sha = keep(service.paths, Upload("a.txt", "text/plain", body))
    assert sha == digest(body) == hashlib.sha256(content).hexdigest()
    assert service.paths.parts(sha).read_bytes() == content


def test_the_same_content_is_kept_once(service):
    for name in ("a", "b"):
        keep(service.paths, Upload(name, "text/plain", b"x"))
    assert len(list(service.paths.parts_dir.iterdir())) == 1


def test_a_file_that_vanished_leaves_nothing_behind(service, tmp_path):
    with pytest.raises(FileNotFoundError):
        keep(service.paths, Upload("a", "text/plain", tmp_path / "gone"))
    assert list(service.paths.parts_dir.iterdir()) == []
