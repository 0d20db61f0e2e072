from __future__ import annotations

import pytest

from jobs_ext.model.errors import NotFound
from jobs_ext.model.request import SubmitRequest, Target
from jobs_ext.service import Principal
from tests.service.runs import ended, found, run


@pytest.fixture
def job(service, who, context):
    request = SubmitRequest(Target(command=["echo"]), context=context)
    return service.jobs.submit(who, request).id


@pytest.fixture
def folder(service, job):
    outputs = service.paths.attempt(job, 1).outputs
    outputs.mkdir(parents=True)
    return outputs


def test_an_output_in_the_attempts_folder_is_found(service, who, job, folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "t.csv").write_text("a\n1\n")
    run(service, job, outputs=[found("sub/t.csv", folder / "sub" / "t.csv")])
    output = service.outputs.find(who, job, "sub/t.csv")
    assert output.path == str(folder / "sub" / "t.csv")
    assert service.outputs.list(who, job).items == [output]


def test_an_output_in_the_submitters_folder_is_found(service, who, job, tmp_path):
    (tmp_path / "t.csv").write_text("a\n")
    run(service, job, outputs=[found("t.csv", tmp_path / "t.csv")])
    assert service.outputs.find(who, job, "t.csv").path == str(tmp_path / "t.csv")


def test_a_link_in_the_submitters_folder_is_as_good_as_a_file(service, who, job, tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "t.csv").write_text("a\n")
    (tmp_path.parent / f"{tmp_path.name}-away").mkdir()
    away = tmp_path.parent / f"{tmp_path.name}-away" / "u.csv"
    away.write_text("a\n")
    (tmp_path / "u.csv").symlink_to(away)
    (tmp_path / "results").symlink_to("scratch")
    real = [found("results/t.csv", tmp_path / "scratch" / "t.csv"), found("u.csv", away)]
    run(service, job, outputs=real)
    for output in real:
        assert service.outputs.find(who, job, output.name).path == output.path


def test_a_name_is_looked_up_and_never_made_into_a_path(service, who, job, folder):
    (folder / "t.csv").write_text("a\n")
    run(service, job, outputs=[found("t.csv", folder / "t.csv")])
    for name in ("../outputs/t.csv", str(folder / "t.csv"), "/etc/passwd", "", "t.csv/"):
        with pytest.raises(NotFound) as caught:
            service.outputs.find(who, job, name)
        assert caught.value.field == "name"
    with pytest.raises(NotFound, match=r"Did you mean 't\.csv'"):
        service.outputs.find(who, job, "t.cvs")


def test_a_file_that_vanished_is_told(service, who, job, folder):
    (folder / "t.csv").write_text("a\n")
    run(service, job, outputs=[found("t.csv", folder / "t.csv")])
    (folder / "t.csv").unlink()
    with pytest.raises(NotFound, match="no longer there"):
        service.outputs.find(who, job, "t.csv")


def test_nothing_outside_is_handed_out(service, who, job, folder, tmp_path):
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "folder").mkdir()
    paths = {"link": folder / "link", "folder": folder / "folder", "etc": "/etc/passwd"}
    paths |= {"up": tmp_path / ".." / ".." / "etc" / "passwd", "deep": folder / "../../../../x"}
    run(service, job, outputs=[found(name, path) for name, path in paths.items()])
    for name in paths:
        with pytest.raises(NotFound):
            service.outputs.find(who, job, name)


def test_the_outputs_of_another_owner_are_not_found(service, job):
    eve = Principal("eve", frozenset({"read"}))
    with pytest.raises(NotFound):
        service.outputs.list(eve, job)
    with pytest.raises(NotFound):
        service.outputs.find(eve, job, "t.csv")


def test_a_job_without_outputs_has_none(service, who, job):
    assert service.outputs.list(who, job).items == []
    service.queue.apply([ended(job)])
    with pytest.raises(NotFound, match="none"):
        service.outputs.find(who, job, "t.csv")
