"""What the submit of somebody who may run declared tools only reaches."""

from __future__ import annotations

import pytest

from jobs_ext.model.errors import Forbidden, InvalidRequest
from jobs_ext.model.request import BatchRequest, Context, Options, SubmitRequest
from jobs_ext.service import Principal
from tests.service.runs import claim

BOB = Principal("bob", frozenset({"read", "submit"}))


@pytest.fixture
def submit(service, tool):
    """Submit the tool of these tests as somebody who may run nothing else."""

    def submit(text, context=None, **options):
        request = SubmitRequest(tool, {"text": text}, Options(**options), context or Context())
        return service.jobs.submit(BOB, request)

    return submit


@pytest.fixture
def secret(tmp_path_factory):
    """Return a file beside the server's root."""
    path = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    path.write_text("secret")
    return path


def test_files_below_the_root_are_read(submit, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    assert submit("a.txt")
    assert submit(str(tmp_path / "a.txt"))


def test_no_other_files(submit, service, tool, tmp_path, secret):
    (tmp_path / "link.txt").symlink_to(secret)
    (tmp_path / ".hidden.txt").write_text("hidden")
    (tmp_path / "link").symlink_to(secret.parent)
    (kept,) = (tmp_path / "data").glob("*.sqlite")
    places = [secret, "link.txt", "link/secret.txt", ".hidden.txt", kept, "/no/where", "~/x"]
    places.append(f"../{secret.parent.name}/secret.txt")
    for place in places:
        with pytest.raises(Forbidden, match="below the server's root") as refused:
            submit(str(place))
        assert (refused.value.field, refused.value.value) == ("arguments.text", str(place))
    with pytest.raises(Forbidden) as refused:
        service.batches.submit(BOB, BatchRequest(tool, [{"text": str(secret)}]))
    assert refused.value.field == "arguments[0].text"
    with pytest.raises(Forbidden):
        submit("secret.txt", Context(cwd=str(secret.parent)))


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "\udcff"])
def test_what_names_no_file_is_refused_as_such(submit, name):
    with pytest.raises((InvalidRequest, Forbidden)):
        submit(name)


def test_a_folder_of_somebodys_home_is_seen_as_such(submit, monkeypatch, tmp_path, secret):
    """What lies below the root under the same name stands for nothing."""
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / "secret.txt").write_text("not it")
    monkeypatch.setenv("HOME", str(secret.parent))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Forbidden):
        submit("secret.txt", Context(cwd="~"))
    assert submit("./~/secret.txt")  # which the runner takes for the same (tests/runner)


def test_no_program_of_their_own(submit, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    for name in ("LD_PRELOAD", "PATH", "HOME", "TAR_OPTIONS", "COLOUR"):
        with pytest.raises(Forbidden) as refused:
            submit("a.txt", env={name: "/tmp"})
        assert refused.value.field == f"options.env.{name}"
    for name, value in {"python": "/bin/sh", "kernel": "bash"}.items():
        with pytest.raises(Forbidden) as refused:
            submit("a.txt", **{name: value})
        assert refused.value.field == f"options.{name}"
    with pytest.raises(Forbidden) as refused:  # which would lie beside what the tool reads
        submit("a.txt", inputs=["a.txt"])
    assert refused.value.field == "options.inputs[0]"


def test_surroundings_are_the_servers(submit, service, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    context = Context(
        python="/bin/sh",
        kernel="bash",
        environment={"PATH": "/tmp", "LD_PRELOAD": "x"},
        path=["/tmp"],
    )
    submit("a.txt", context)
    (work,) = claim(service)
    assert (work.context.environment, work.context.path) == ({}, [])
    assert work.context.python != "/bin/sh"
    assert work.context.kernel is None


def test_who_may_run_reaches_everything(service, tool, secret):
    for who in (
        Principal("ann", frozenset({"read", "submit", "run"})),
        Principal("eve", frozenset({"read", "submit", "manage"})),
    ):
        assert service.jobs.submit(who, SubmitRequest(tool, {"text": str(secret)}))
