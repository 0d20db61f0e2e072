"""Listings by filter: random trees against an evaluation in Python, orders, pages, refusals."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.filters import (
    BATCH_FIELDS,
    JOB_FIELDS,
    And,
    Compare,
    In,
    IsNull,
    Kind,
    Like,
    Not,
    Or,
)
from jobs_ext.model.query import JobSearch
from jobs_ext.model.request import BatchRequest, Options, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.service import JobQuery, Principal
from jobs_ext.service.filters import read_filter
from jobs_ext.service.matching import matches
from tests.service.runs import claim, ended, found, run, started

NAMES = [
    "alpha",
    "Alphabet",
    "100%",
    "a_b",
    "sweep[1]",
    "ünï",
    "A*b?",
    "back\\slash",
    "alp",
    "it's",
]


@pytest.fixture
def many(service, who, context, tmp_path):
    """The job structs of some jobs that are unlike one another, newest first."""
    for n, name in enumerate(NAMES):
        options = Options(
            name=name,
            project=[None, "p", "P q"][n % 3],
            priority=n % 4,
            hold=n % 5 == 4,
        )
        target = Target(command=["echo", str(n % 3)])
        service.jobs.submit(who, SubmitRequest(target, {}, options, context))
    sweep = BatchRequest(Target(command=["echo", "{k}"]), [{"k": 1}, {"k": 2}], {}, context=context)
    service.batches.submit(who, sweep)
    service.queue.materialize()
    work = claim(service)
    ends = [Status.SUCCEEDED, Status.FAILED]
    service.queue.apply([started(one.id) for one in work[:6]])
    for n, one in enumerate(work[:4]):
        outputs = [found(f"t{n}.csv", tmp_path / "x"), found("log.txt", tmp_path / "x")]
        facts = {"outputs": outputs} if n % 2 == 0 else {}
        service.queue.apply([ended(one.id, ends[n % 2], duration=n / 2, **facts)])
    return service.jobs.list(who, JobQuery(limit=500)).items


def value_of(job, field):
    """Return what a job says of a field, straight from what the API shows."""
    last = job.attempts[-1] if job.attempts else None
    if field in ("kind", "target"):
        return {"kind": job.target.kind, "target": job.target.name}[field]
    if field == "priority":
        return job.options.get("priority", 0)
    if field in ("tool", "tool_name"):
        return None  # they are commands
    if field == "output":
        return [output.name for output in job.outputs]
    if field == "attempts":
        return len(job.attempts)
    if field in ("exit_code", "signal", "duration", "peak_memory"):
        return getattr(last, field, None)
    return getattr(job, field)


FIELDS = [
    *("id", "pk", "name", "kind", "target", "owner", "project", "batch", "batch_index", "status"),
    *("stage", "created", "started", "stopped", "priority", "attempts", "exit_code", "duration"),
    *("output",),
]
TEXTS = st.one_of(
    st.sampled_from([*NAMES, "", "p", "P q", "echo 0", "log.txt", "2026-11-01"]),
    st.text(alphabet="aAlpb%_\\*?[]'\"éÜ1 ", max_size=6),
)


def values(field):
    told = JOB_FIELDS[field]
    return {
        Kind.TEXT: TEXTS,
        Kind.CHOICE: st.sampled_from(told.choices or ("",)),
        Kind.NUMBER: st.integers(-3, 14) | st.floats(-2, 3) | st.integers(-(2**63), 2**63 - 1),
        Kind.BOOLEAN: st.booleans(),
        Kind.ANY: st.sampled_from([*range(3), 1.5, "1", "b", True, False]),
        Kind.TIME: st.sampled_from(["2020-01-01", "2026-01-01T00:00:00+13:00", "9999-12-31"]),
    }[told.kind]


@st.composite
def leaves(draw):
    field = draw(st.sampled_from(FIELDS))
    kind = JOB_FIELDS[field].kind
    shapes = ["compare", "in", "null"] + ["like"] * 2 * (kind is Kind.TEXT)
    shape = draw(st.sampled_from(shapes))
    if shape == "null":
        return IsNull(field)
    if shape == "in":
        return In(field, draw(st.lists(values(field), max_size=4)))
    if shape == "like":
        text = draw(TEXTS.filter(bool))
        how = draw(st.sampled_from(["contains", "starts", "ends", "pattern"]))
        return Like(field, text, how, draw(st.booleans()))
    ordered = kind not in (Kind.CHOICE, Kind.BOOLEAN)
    operator = draw(st.sampled_from(["=", "!="] + ["<", "<=", ">", ">="] * ordered))
    return Compare(field, operator, draw(values(field)))


TREES = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(And),
        st.lists(inner, min_size=1, max_size=3).map(Or),
        inner.map(Not),
    ),
    max_leaves=8,
)


def every(service, who, **search):
    """Return the ids on all pages of a search."""
    seen, cursor = [], None
    while True:
        page = service.jobs.search(who, JobSearch(cursor=cursor, **search))
        seen += [job.id for job in page.items]
        if (cursor := page.next) is None:
            return seen


def test_random_trees_find_what_python_finds(many, service, who):
    owner = Principal(who.owner, frozenset({"read"}))  # who sees only its own

    @settings(
        max_examples=250,
        deadline=timedelta(seconds=2),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(TREES, st.sampled_from([1, 3, 500]))
    @example(Or([Compare("tool_name", "=", "x"), Compare("tool", "=", "x")]), 500)
    @example(In("status", []), 500)
    @example(And([Compare("batch", "=", "x"), Compare("owner", "!=", "x")]), 500)
    def check(tree, limit):
        checked = read_filter(tree, JOB_FIELDS)
        wanted = [job.id for job in many if matches(checked, partial(value_of, job))]
        assert every(service, who, filter=tree, limit=limit) == wanted
        if limit == 500:
            assert every(service, owner, filter=tree, order="oldest") == wanted[::-1]

    check()


KEYS = st.lists(
    st.tuples(st.sampled_from([f for f in FIELDS if f != "output"]), st.booleans()),
    min_size=1,
    max_size=3,
    unique_by=lambda key: key[0],
)


def test_every_order_is_kept_from_page_to_page(many, service, who):
    @settings(max_examples=60, deadline=timedelta(seconds=2))
    @given(KEYS, st.sampled_from([2, 5]))
    def check(keys, limit):
        wanted = sorted(many, key=lambda job: -job.pk)
        for field, descending in reversed(keys):

            def key(job, field=field):
                value = value_of(job, field)
                return (value is not None, 0 if value is None else value)

            wanted.sort(key=key, reverse=descending)
        order = ",".join(f"{'-' * descending}{field}" for field, descending in keys)
        found = every(service, who, order=order, limit=limit)
        assert found == [job.id for job in wanted]

    check()


def test_a_text_and_its_tree_find_the_same(many, service, who):
    text = 'status in (RUNNABLE, FAILED) and not name ilike "al%" or output contains ".csv"'
    tree = Or(
        [
            And(
                [
                    In("status", ["RUNNABLE", "FAILED"]),
                    Not(Like("name", "al%", "pattern", ignore_case=True)),
                ]
            ),
            Like("output", ".csv"),
        ]
    )
    found = every(service, who, filter=text)
    assert found == every(service, who, filter=tree)
    assert 0 < len(found) < len(many)


def test_parameters_and_a_filter_hold_together(many, service, who):
    page = service.jobs.list(who, JobQuery(project="p", filter="priority >= 2"))
    wanted = [j.id for j in many if j.project == "p" and value_of(j, "priority") >= 2]
    assert [job.id for job in page.items] == wanted != []


def test_the_jobs_of_a_batch_can_be_filtered(many, service, who):
    batch = next(job.batch for job in many if job.batch)
    page = service.batches.jobs(who, batch, JobQuery(filter="batch_index > 0"))
    assert [job.batch_index for job in page.items] == [1]
    by_text = service.jobs.list(who, JobQuery(filter=f"batch = {batch}", order="index"))
    assert [job.batch_index for job in by_text.items] == [0, 1]
    for operator in ("<", ">", ">="):  # which lead to many batches, or none
        with pytest.raises(InvalidRequest, match="without a batch"):
            service.jobs.list(who, JobQuery(filter=f"batch {operator} {batch}", order="index"))


def test_deleted_jobs_are_found_when_asked_for(many, service, who):
    service.jobs.delete(who, many[0].id)
    ids = [job.id for job in many]
    assert every(service, who) == ids[1:]
    assert every(service, who, deleted=True) == ids[:1]
    assert every(service, who, deleted=None) == ids
    assert every(service, who, deleted=None, filter="deleted is null") == ids[1:]
    assert service.jobs.search(who, JobSearch(deleted=None)).total is None


def test_a_total_is_known_for_statuses(many, service, who):
    for text in ("status = FAILED", "status in (FAILED, RUNNABLE)", ""):
        page = service.jobs.list(who, JobQuery(filter=text, limit=500))
        assert page.total == len(page.items)
    assert service.jobs.list(who, JobQuery(filter="priority = 1")).total is None


def test_nobody_finds_what_is_anothers(many, service):
    stranger = Principal("bob", frozenset({"read"}))
    assert every(service, stranger, filter="id is not null or owner is null") == []
    assert every(service, stranger, filter="not (name = x)", order="name") == []


INJECTIONS = [
    *("'; DROP TABLE job; --", '" OR 1=1 --', "x' OR 'x'='x", "%' OR 1=1 --", "\\' OR 1=1"),
    *(":owner", "?1", "{0}", "a') UNION SELECT * FROM content --", "/*", "\x1a", "﹪", "')"),
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_value_is_never_anything_else(many, service, who, text):
    for test in (
        Compare("name", "=", text),
        In("project", [text]),
        Like("name", text),
        Like("output", text, "pattern", ignore_case=True),
    ):
        assert every(service, who, filter=test) == []
    with pytest.raises(InvalidRequest):
        every(service, who, filter=Compare(text, "=", "x"))
    with pytest.raises(InvalidRequest):
        every(service, who, order=text)
    assert len(every(service, who)) == len(many)


def test_a_pattern_made_to_be_slow_is_not(service, who, context):
    name = "a" * 200
    for _ in range(30):
        request = SubmitRequest(Target(command=["echo"]), {}, Options(name=name), context)
        service.jobs.submit(who, request)
    start = time.process_time()
    for ignore_case in (False, True):
        tree = Like("name", "%a" * 10 + "b", "pattern", ignore_case)
        assert every(service, who, filter=tree) == []
        assert not matches(tree, lambda _: name)
    assert time.process_time() - start < 1


def test_more_than_can_be_sorted_is_refused(many, service, who, monkeypatch):
    monkeypatch.setattr("jobs_ext.store.sorting.MOST", 5)
    with pytest.raises(InvalidRequest) as caught:
        every(service, who, order="-priority")
    assert caught.value.field == "order"
    assert len(every(service, who, order="-priority", filter="project = p")) == 3


def test_every_field_of_a_batch_can_be_asked_for(many, service, who, monkeypatch):
    monkeypatch.setattr("jobs_ext.store.batches.STEP", 1)
    for name in BATCH_FIELDS:
        seen, cursor = 0, None
        while True:  # a page looks at one batch here
            page = service.batches.list(who, 5, cursor, f"{name} is null or {name} is not null")
            seen += len(page.items)
            if (cursor := page.next) is None:
                break
        assert seen == 1
        assert (
            service.batches.list(who, filter=f"{name} is null and not {name} is null").items == []
        )


def test_no_field_is_one_of_no_values(many, service, who):
    for field, order in itertools.product(JOB_FIELDS, ("newest", "name")):
        assert every(service, who, filter=In(field, []), order=order, deleted=None) == []
        assert every(service, who, filter=In(field, []), order=order) == []


def test_every_field_of_a_job_can_be_asked_for(many, service, who):
    for name in JOB_FIELDS:
        assert len(every(service, who, filter=f"{name} is null or {name} is not null")) == len(many)


def test_a_cursor_of_another_order_is_refused(many, service, who):
    cursor = service.jobs.search(who, JobSearch(limit=1, order="name")).next
    for order in ("-name", "newest", "name,pk", None):
        with pytest.raises(InvalidRequest) as caught:
            service.jobs.search(who, JobSearch(cursor=cursor, order=order))
        assert caught.value.field == "cursor"


def test_a_job_that_changed_meanwhile_does_not_shift_the_pages(many, service, who):
    first = service.jobs.search(who, JobSearch(limit=3, order="name"))
    run(service, many[-1].id)
    rest = service.jobs.search(who, JobSearch(limit=500, order="name", cursor=first.next))
    found = [job.id for job in first.items + rest.items]
    assert sorted(found) == sorted(job.id for job in many)


ARGUMENTS = [
    {"k": 1, "mode": "fast", "strict": True},
    {"k": 2.5, "mode": "slow", "strict": False, "files": ["a.txt", "b c.txt"]},
    {"k": "2"},
]
FOUND = {
    "argument.k = 1": [0],
    "argument.k > 1": [1],
    "argument.k < 100": [0, 1],
    'argument.k = "2"': [2],
    "argument.k in (1, 2.5, true)": [0, 1],
    "argument.strict = true": [0],
    "argument.strict != true": [1, 2],
    "argument.strict in (false)": [1],
    "argument.mode is null": [2],
    "argument.mode is not null": [0, 1],
    'argument.files = "b c.txt"': [1],
    'argument.files like "%.txt"': [1],
    "argument = fast": [0],
    "argument contains .txt": [1],
    "argument.none = 1": [],
    "not argument.k = 1": [1, 2],
    "queue = default and executor = local": [0, 1, 2],
    'archive = "kept/{id}"': [2],
}


def test_arguments_are_asked_for_by_name(service, who, context):
    jobs = []
    for some in ARGUMENTS:
        target = Target(command=["echo", *(f"{{{name}}}" for name in some)])
        options = Options(archive="kept/{id}" if len(jobs) == 2 else None)
        request = SubmitRequest(target, some, options, context)
        jobs.append(service.jobs.submit(who, request).id)
    for text, wanted in FOUND.items():
        assert every(service, who, filter=text, order="oldest") == [jobs[n] for n in wanted], text
    for text in ("argument.k > true", "argument. = 1", "name.x = 1", 'argument."k" = 1'):
        with pytest.raises(InvalidRequest):
            every(service, who, filter=text)
