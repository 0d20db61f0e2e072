from __future__ import annotations

import stat

import pytest

from jobs_ext.store.paths import Paths


@pytest.fixture
def paths(tmp_path, runtime_dir):
    paths = Paths(tmp_path / "data", runtime_dir)
    paths.make()
    return paths


def test_only_the_owner_may_enter(paths):
    for folder in (paths.root, paths.parts_dir, paths.jobs, paths.sockets):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_was_open_to_others_is_closed(tmp_path, runtime_dir):
    tmp_path.chmod(0o755)
    Paths(tmp_path, runtime_dir).make()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_the_fingerprint_stays(paths):
    first, nonce = paths.server_id(), paths.nonce.read_text()
    paths.make()
    again = Paths(paths.root)
    assert (again.server_id(), again.nonce.read_text()) == (first, nonce)
    assert not list(paths.root.glob("server-id.*"))


def test_two_data_directories_are_told_apart(paths, tmp_path, runtime_dir):
    other = Paths(tmp_path / "other", runtime_dir)
    other.make()
    assert other.server_id() != paths.server_id()
    assert other.sockets != paths.sockets


def test_the_files_of_an_attempt_lie_in_a_folder_of_their_own(paths):
    job_id = "019a8f2e-5b1c-7d3e-8f4a-5b6c7d8e9f01"
    attempt = paths.attempt(job_id, 2)
    assert attempt.folder == paths.jobs / "019a8f" / f"{job_id}-2"
    names = {p.name for p in (attempt.stdout, attempt.stderr, attempt.alive, attempt.progress)}
    names |= {p.name for p in (attempt.request, attempt.work, attempt.outputs)}
    assert names == {"stdout", "stderr", "alive", "progress", "request", "work", "outputs"}


def test_sockets_fit_into_an_address_however_deep_the_runtime_directory_is(tmp_path):
    deep = Paths(tmp_path, tmp_path / ("x" * 120))
    assert len(str(deep.server_socket(4_000_000))) < 104
    assert str(deep.runner_socket).startswith(str(deep.sockets))
