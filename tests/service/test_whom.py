"""Tests of what may be told, and of what is refused and why."""

from __future__ import annotations

import pytest

from jobs_ext.model.errors import Conflict, InvalidRequest, NotFound
from jobs_ext.model.notification import Mail, Notify, Outgoing
from jobs_ext.service import Principal
from jobs_ext.service.addresses import Guard
from jobs_ext.service.whom import Whom

MAIL = Mail("smtp.example.org", "jobs@example.org")
PUBLIC = "https://hooks.example.org/T0/secret"


@pytest.mark.parametrize(
    ("wanted", "field", "hint"),
    [
        ("http://127.0.0.1/", "url", "allowed_hosts"),
        ("http://10.1.2.3/${JOB_ID}", "url", "allowed_hosts"),
        ("https://${JOB_NAME}/", "url", "public host"),
        (f"{PUBLIC}?a=${{JOB_IDD}}", "url", "Did you mean 'JOB_ID'"),
        ("mailto:ann@example.org", "url", "JobsExtension.mail"),
        ("slack://a/b/c", "url", "notify_schemes"),
        ("tell me", "url", "http, https, mailto"),
        ("", "url", "http, https, mailto"),
        (Notify(PUBLIC, ["DONE"]), "events[0]", "Known"),
        (Notify(PUBLIC, ["FAILD"]), "events[0]", "Did you mean 'FAILED'?"),
        (Notify(PUBLIC, []), "events", "Known"),
        (Notify(PUBLIC, retries=-1), "retries", "from 0 to 100"),
        (Notify(PUBLIC, headers={"Host": "x"}), "headers.Host", "ours"),
        (Notify(PUBLIC, headers={"a b": "x"}), "headers.a b", "ASCII"),
        (Notify(PUBLIC, headers={"A": "x\r\nB: y"}), "headers.A", "one line"),
        (Notify(PUBLIC, headers={"A": "x" * 5000}), "headers.A", "one line"),
    ],
)
def test_what_is_refused(submit, wanted, field, hint):
    with pytest.raises(InvalidRequest) as caught:
        submit(notify=[PUBLIC, wanted])
    assert caught.value.field == f"options.notify[1].{field}"
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["", "ann", "a@b@c", "ann@example.org\nBcc: x@y", "a b@c.d"])
def test_addresses_that_are_none(address):
    with pytest.raises(InvalidRequest):
        Whom(Outgoing(mail=MAIL)).check([f"mailto:{address}"], "notify", batch=False)


def test_no_more_than_twenty():
    with pytest.raises(InvalidRequest, match="At most 20"):
        Whom().check([PUBLIC] * 21, "notify", batch=False)


def test_a_batch_is_told_of_at_its_end_only():
    with pytest.raises(InvalidRequest, match="of a batch") as caught:
        Whom().check([Notify(PUBLIC, ["FAILED"])], "notify", batch=True)
    assert caught.value.hint == "Known: ENDED."


def test_presets_are_told_besides(open_service, who, context):
    preset = Notify("http://10.0.0.1/audit", ["FAILED"])
    service = open_service(whom=Whom(Outgoing(), Guard(), (preset,)))
    from tests.service.conftest import ECHO, Options, SubmitRequest

    request = SubmitRequest(ECHO, {"k": "1"}, Options(notify=[PUBLIC], hold=True), context)
    told = service.notifications.list(who, "job", service.jobs.submit(who, request).id)
    assert [(one.url, one.preset) for one in told] == [
        ("https://hooks.example.org/T0/…", False),
        ("http://10.0.0.1/audit", True),
    ]


def test_whom_a_job_tells_can_be_changed_until_it_has_ended(service, submit, who):
    job = submit(arguments={"k": "1"}, hold=True).id
    verbs = service.notifications
    assert verbs.list(who, "job", job) == []
    made = verbs.add(who, "job", job, Notify(PUBLIC, headers={"X-Key": "secret"}))
    assert made.headers == ["X-Key"]
    assert "secret" not in str(made)
    assert verbs.add(who, "job", job, Notify(PUBLIC, headers={"X-Key": "secret"})) == made
    assert verbs.get(who, "job", job, made.id) == made
    with pytest.raises(InvalidRequest) as caught:
        verbs.add(who, "job", job, Notify("http://localhost/"))
    assert caught.value.field == "url"
    verbs.delete(who, "job", job, made.id)
    for verb in (verbs.get, verbs.delete):
        with pytest.raises(NotFound):
            verb(who, "job", job, made.id)
    service.jobs.cancel(who, job)
    with pytest.raises(Conflict):
        verbs.add(who, "job", job, Notify(PUBLIC))


def test_strangers_do_not_see_whom_a_job_tells(service, submit):
    job = submit(arguments={"k": "1"}, hold=True, notify=[PUBLIC]).id
    stranger = Principal("eve", frozenset({"read", "submit", "run"}))
    verbs = service.notifications
    with pytest.raises(NotFound):
        verbs.list(stranger, "job", job)
    with pytest.raises(NotFound):
        verbs.add(stranger, "job", job, Notify(PUBLIC))


def test_the_key_of_a_submit_holds_for_whom_it_tells(submit):
    first = submit(arguments={"k": "1"}, hold=True, key="a", notify=[PUBLIC])
    assert submit(arguments={"k": "1"}, hold=True, key="a", notify=[PUBLIC]).id == first.id
    with pytest.raises(Conflict):
        submit(arguments={"k": "1"}, hold=True, key="a", notify=[])
