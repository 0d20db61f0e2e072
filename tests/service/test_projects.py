"""Projects: who sees them and their jobs, who changes what, names, pages and filters."""

from __future__ import annotations

import pytest

from jobs_ext.model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from jobs_ext.model.project import ProjectChange, ProjectRequest
from jobs_ext.model.query import JobQuery
from jobs_ext.model.request import BatchRequest, Options, SubmitRequest, Target
from jobs_ext.service import Principal
from jobs_ext.service.principal import VERBS

OWN = frozenset({"read", "submit", "run"})
ANN, BOB, CAT, EVE = (Principal(name, OWN) for name in ("ann", "bob", "cat", "eve"))
BOSS = Principal("boss", VERBS)


@pytest.fixture
def project(service):
    """One of Ann's, which Bob reads and Cat writes."""
    members = {"bob": "reader", "cat": "writer"}
    return service.projects.create(ANN, ProjectRequest("flu", "Influenza", members=members))


@pytest.fixture
def make(service, context):
    def make_(by, project, name="a job"):
        options = Options(name=name, project=project, hold=True)
        return service.jobs.submit(
            by, SubmitRequest(Target(command=["true"]), {}, options, context)
        )

    return make_


def names(service, who, **query):
    return [one.name for one in service.jobs.list(who, JobQuery(**query)).items]


def seen(service, who, **query):
    return [one.name for one in service.projects.list(who, **query).items]


def test_who_is_a_member_sees_the_project_and_nobody_else_does(service, project):
    assert project.version == 1
    for who in (ANN, BOB, CAT, BOSS):
        assert service.projects.get(who, "flu") == project
        assert seen(service, who) == ["flu"]
    with pytest.raises(NotFound, match="no project 'flu'"):
        service.projects.get(EVE, "flu")
    assert seen(service, EVE) == []


def test_roles_on_the_jobs_of_others(service, project, make):
    job = make(ANN, "flu")
    assert service.jobs.get(BOB, job.id).id == job.id
    with pytest.raises(Forbidden):
        service.jobs.cancel(BOB, job.id)
    with pytest.raises(NotFound):
        service.jobs.get(EVE, job.id)
    assert service.jobs.cancel(CAT, job.id).status == "CANCELLED"


def test_only_writers_put_jobs_into_a_project(service, project, make, context):
    for who in (ANN, CAT, BOSS):
        make(who, "flu")
    for who in (BOB, EVE):
        with pytest.raises(Forbidden, match="may not put jobs into the project 'flu'"):
            make(who, "flu")
    options = Options(project="flu", hold=True)
    request = BatchRequest(Target(command=["true"]), [{}], options=options, context=context)
    with pytest.raises(Forbidden):
        service.batches.submit(EVE, request)
    assert service.batches.submit(CAT, request).project == "flu"
    assert make(EVE, "a label").project == "a label"


def test_everybody_sees_a_public_project_and_puts_jobs_of_their_own_into_it(service, project, make):
    job = make(ANN, "flu")
    service.projects.update(ANN, "flu", ProjectChange(visibility="public"))
    assert seen(service, EVE) == ["flu"]
    assert service.jobs.get(EVE, job.id).id == job.id
    with pytest.raises(Forbidden):
        service.jobs.cancel(EVE, job.id)
    mine = make(EVE, "flu", "Eve's")
    assert names(service, EVE, project="flu") == ["Eve's", "a job"]
    assert names(service, EVE) == ["Eve's"]
    assert service.jobs.cancel(CAT, mine.id).status == "CANCELLED"


def test_listings_show_the_jobs_of_ones_projects_each_once(service, project, make):
    other = ProjectRequest("cold", members={"bob": "reader"})
    service.projects.create(CAT, other)
    make(ANN, "flu", "1")
    make(CAT, "cold", "2")
    make(EVE, None, "3")
    make(CAT, "flu", "4")
    make(BOB, None, "5")
    assert names(service, BOB) == ["5", "4", "2", "1"]
    assert names(service, BOB, shared=True) == ["4", "2", "1"]
    assert names(service, BOB, shared=False) == ["5"]
    assert names(service, BOB, project="flu") == ["4", "1"]
    assert names(service, BOB, order="oldest", limit=3) == ["1", "2", "4"]
    assert names(service, BOB, order="name") == ["1", "2", "4", "5"]
    assert names(service, CAT) == ["4", "2", "1"]
    assert names(service, EVE) == ["3"]
    assert names(service, EVE, project="flu") == []


def test_who_is_removed_sees_nothing_any_more(service, project, make):
    job = make(ANN, "flu")
    service.projects.update(ANN, "flu", ProjectChange(members={}))
    assert names(service, BOB) == []
    with pytest.raises(NotFound):
        service.jobs.get(BOB, job.id)


def test_a_deleted_project_is_a_label_and_its_name_stays_with_its_owner(service, project, make):
    job = make(CAT, "flu")
    service.projects.delete(ANN, "flu")
    with pytest.raises(NotFound):
        service.projects.get(ANN, "flu")
    with pytest.raises(NotFound):
        service.jobs.get(ANN, job.id)
    assert service.jobs.get(CAT, job.id).project == "flu"
    with pytest.raises(Conflict, match="There is a project of that name, or was"):
        service.projects.create(CAT, ProjectRequest("flu"))
    with pytest.raises(Conflict, match="Jobs of others"):
        service.projects.create(ANN, ProjectRequest("flu"))
    assert service.projects.create(BOSS, ProjectRequest("flu")).version == 2


def test_nobody_makes_a_project_of_the_label_of_others(service, make):
    make(EVE, "mine")
    with pytest.raises(Conflict, match="Jobs of others have that name as their label"):
        service.projects.create(ANN, ProjectRequest("mine"))
    assert service.projects.create(EVE, ProjectRequest("mine")).owner == "eve"


def test_only_admins_change_a_project_and_only_the_version_they_saw(service, project):
    for who in (BOB, CAT):
        with pytest.raises(Forbidden, match="no admin"):
            service.projects.update(who, "flu", ProjectChange(title="x"))
        with pytest.raises(Forbidden):
            service.projects.delete(who, "flu")
    with pytest.raises(NotFound):
        service.projects.delete(EVE, "flu")
    changed = service.projects.update(
        ANN, "flu", ProjectChange(members={"cat": "admin"}, version=1)
    )
    assert (changed.version, changed.members, changed.title) == (2, {"cat": "admin"}, "Influenza")
    with pytest.raises(Conflict, match="version 2 now"):
        service.projects.update(CAT, "flu", ProjectChange(title="x", version=1))
    assert service.projects.update(CAT, "flu", ProjectChange(title="x")).title == "x"


def test_pages_and_filters(service):
    for n in range(7):
        service.projects.create(ANN, ProjectRequest(f"p{n}", title=["odd", "even"][n % 2]))
    first = service.projects.list(ANN, limit=3)
    second = service.projects.list(ANN, limit=4, cursor=first.next)
    assert [one.name for one in first.items + second.items] == [f"p{n}" for n in range(7)]
    assert second.next is None or service.projects.list(ANN, cursor=second.next).items == []
    assert seen(service, ANN, filter="title = even", limit=2) == ["p1", "p3"]
    following = service.projects.list(ANN, filter="title = even", limit=2).next
    assert seen(service, ANN, filter="title = even", cursor=following) == ["p5"]
    with pytest.raises(InvalidRequest, match="colour"):
        service.projects.list(ANN, filter="colour = red")


BAD = [
    ProjectRequest(""),
    ProjectRequest("a\nb"),
    ProjectRequest("\ud800"),
    ProjectRequest("p", title="x" * 1000),
    ProjectRequest("p", description="x" * 10_001),
    ProjectRequest("p", description="\udfff"),
    ProjectRequest("p", members={"ann": "reader"}),
    ProjectRequest("p", members={"world": "reader"}),
    ProjectRequest("p", members={"a\0": "reader"}),
    ProjectRequest("p", members={f"u{n}": "reader" for n in range(1001)}),
]


@pytest.mark.parametrize("wanted", BAD)
def test_what_can_not_be_is_refused(service, wanted):
    with pytest.raises(InvalidRequest) as caught:
        service.projects.create(ANN, wanted)
    assert caught.value.field
    with pytest.raises(NotFound):
        service.projects.get(ANN, wanted.name)


def test_it_takes_a_verb(service, project):
    reader = Principal("ann", frozenset({"read"}))
    with pytest.raises(Forbidden):
        service.projects.create(reader, ProjectRequest("p"))
    with pytest.raises(Forbidden):
        service.projects.update(reader, "flu", ProjectChange(title="x"))
    with pytest.raises(Forbidden):
        service.projects.delete(reader, "flu")
    with pytest.raises(Forbidden):
        service.projects.list(Principal("ann", frozenset()))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("flu\u00a02026", "'flu 2026'"),
        ("flu\u200b", "'flu'"),
        ("cafe\u0301", "'caf\u00e9'"),
        (" flu", "'flu'"),
        ("a  b", "'a b'"),
        ("\u2060", "letters"),
    ],
)
def test_names_that_nobody_could_type_again(service, name, hint):
    with pytest.raises(InvalidRequest) as caught:
        service.projects.create(ANN, ProjectRequest(name))
    assert (caught.value.field, caught.value.value) == ("name", name)
    assert hint in caught.value.hint
