"""Restricted tools: who sees them, who submits them, who lets others in."""

from __future__ import annotations

import pytest

from jobs_ext.model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from jobs_ext.model.grant import Grant, GrantRequest
from jobs_ext.model.request import BatchRequest, Options, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.service import Principal
from jobs_ext.service.principal import VERBS
from tests.service.runs import run

OWN = frozenset({"read", "submit", "run"})
ANN, BOB, EVE = (Principal(name, OWN) for name in ("ann", "bob", "eve"))
BOSS = Principal("boss", VERBS)
KERNEL = Principal("boss", OWN, by="kernel", deputy=True)
SECRET = """
name = "secret"
version = "{version}"
command = ["true"]
{restricted}
"""


def write(tmp_path, version, *, restricted=True):
    (tmp_path / "tools").mkdir(exist_ok=True)
    text = SECRET.format(version=version, restricted=f"restricted = {restricted}".lower())
    (tmp_path / "tools" / f"secret-{version}.toml").write_text(text)


@pytest.fixture
def submit(service, context, tmp_path):
    write(tmp_path, "1.0")

    def submit_(who, tool="secret", **options):
        options = Options(**{"hold": True} | options)
        return service.jobs.submit(who, SubmitRequest(Target(tool=tool), {}, options, context))

    return submit_


def share(service, grantee, by=BOSS, **rights):
    return service.tool_grants.put(by, "secret", grantee, GrantRequest(**rights))


def refused(error, function, *args):
    with pytest.raises(error) as caught:
        function(*args)
    return caught.value


def test_it_is_not_there_for_those_who_were_not_let_in(service, submit, context):
    assert "secret" not in [tool.name for tool in service.tools.list(BOB)]
    assert "secret" not in refused(NotFound, service.tools.get, BOB, "secert").hint
    refused(NotFound, service.tools.get, BOB, "secret-1.0")
    refused(NotFound, service.tool_grants.list, BOB, "secret")
    assert refused(InvalidRequest, submit, BOB).field == "target.tool"
    batch = BatchRequest(Target(tool="secret"), [{}], {}, Options(), context)
    refused(InvalidRequest, service.batches.submit, BOB, batch)
    request = SubmitRequest(Target(tool="secret"), {}, Options(), context)
    refused(InvalidRequest, service.jobs.check, BOB, request)


def test_who_manages_and_their_kernels_need_no_grant(service, submit):
    assert submit(BOSS).owner == submit(KERNEL).owner == "boss"
    assert service.tools.get(KERNEL, "secret").restricted
    refused(Forbidden, share, service, "bob", KERNEL)


def test_each_right_lets_do_its_verbs_and_no_more(service, submit):
    share(service, "bob")
    assert service.tools.get(BOB, "secret").name == "secret"
    assert "not submit" in refused(Forbidden, submit, BOB).message
    share(service, "bob", execute=True)
    assert submit(BOB).owner == "bob"
    refused(Forbidden, share, service, "eve", BOB)
    share(service, "bob", write=True)
    refused(Forbidden, submit, BOB)
    assert refused(Forbidden, lambda: share(service, "eve", BOB, execute=True)).field == "execute"
    share(service, "eve", BOB)
    assert service.tool_grants.list(EVE, "secret") == [Grant("bob", write=True), Grant("eve")]
    share(service, "world", execute=True)
    assert submit(ANN).owner == "ann"


def test_a_grant_holds_for_all_versions_and_open_ones_need_none(service, submit, tmp_path):
    write(tmp_path, "0.9", restricted=False)
    assert submit(BOB).target.name == "secret-0.9"
    write(tmp_path, "2.0")
    share(service, "bob", execute=True)
    assert submit(BOB).target.name == "secret-2.0"
    write(tmp_path, "2.0", restricted=False)
    assert refused(Conflict, share, service, "bob").hint.startswith("Write restricted = true")


def test_what_can_not_be_granted_or_taken_back(service, submit):
    for grantee, rights, field in (
        ("", {}, "grantee"),
        ("a\nb", {}, "grantee"),
        ("bob", {"read": False, "write": True}, "read"),
    ):
        assert refused(
            InvalidRequest, lambda g=grantee, r=rights: share(service, g, **r)
        ).field == (field)
    refused(NotFound, service.tool_grants.remove, BOSS, "secret", "bob")
    refused(NotFound, service.tool_grants.clear, BOSS, "nothing")
    reader = Principal("boss", frozenset({"read"}))
    refused(Forbidden, service.tool_grants.clear, reader, "secret")


def test_taken_back_it_stays_restricted_and_no_job_of_it_runs_again(service, submit, tmp_path):
    share(service, "bob", execute=True)
    ended, failed = submit(BOB), submit(BOB, hold=False)
    service.jobs.cancel(BOB, ended.id)
    run(service, failed.id, Status.FAILED)
    service.tool_grants.remove(BOSS, "secret", "bob")
    assert service.tool_grants.list(BOSS, "secret") == []
    refused(InvalidRequest, service.jobs.rerun, BOB, ended.id)
    refused(NotFound, service.jobs.reset, BOB, failed.id)
    write(tmp_path, "1.0", restricted=False)
    service.jobs.rerun(BOB, ended.id)
    (tmp_path / "tools" / "secret-1.0.toml").unlink()
    refused(InvalidRequest, service.jobs.rerun, BOB, ended.id)


def test_the_change_is_noted(service, submit):
    start = service.events.head()
    share(service, "bob", execute=True)
    service.tool_grants.clear(BOSS, "secret")
    told = service.events.since(start, 10, "boss")
    assert [(one.type, one.data["tool"], one.data["grantee"]) for one in told] == [
        ("granted", "secret", "bob"),
        ("revoked", "secret", "bob"),
    ]
    assert [one.type for one in service.events.since(start, 10, "bob")] == ["revoked"]
    assert service.events.since(start, 10, "eve") == []
