"""Notifications, by a real runner to real receivers; no server is there at all."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import sqlite3
import time

import pytest

from jobs_ext.model.grant import GrantRequest
from jobs_ext.model.notification import Mail, Notify, Outgoing
from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from tests.receivers import mails, webhooks
from tests.runner.house import WHO, House, socket_folder
from tests.waiting import until

LOOPBACK = ("127.0.0.0/8",)


@pytest.fixture(scope="module")
def letters():
    with mails() as taken:
        yield taken


@pytest.fixture(scope="module")
def told_house(tmp_path_factory, letters):
    """A house whose jobs may tell this machine."""
    mail = Mail("127.0.0.1", "jobs@example.org", letters.port)
    with socket_folder() as sockets:
        outgoing = Outgoing(LOOPBACK, mail, ("json",))
        house = House(tmp_path_factory.mktemp("told"), sockets, outgoing=outgoing)
        try:
            house.start()
            yield house
        finally:
            house.close()


@pytest.fixture
def receiver():
    with webhooks() as made:
        yield made


def told(house, job, kind="job"):
    (one,) = house.service.notifications.list(WHO, kind, job)
    return one


def settled(house, job, kind="job"):
    """Wait until nothing is due any more, and return the notification."""

    def done():
        one = told(house, job, kind)
        return one.deliveries and all(d.status != "due" for d in one.deliveries)

    until(done, what="the deliveries")
    return told(house, job, kind)


def test_a_webhook_tells_how_a_job_ended(told_house, receiver):
    url = receiver.url.replace("//", "//ann:se%20cret@") + "/done?id=${JOB_ID}&n=${JOB_NAME}"
    job = told_house.command("true", name="a&b c", notify=[Notify(url, headers={"X-Key": "k1"})])
    found = settled(told_house, job)
    (delivery,) = found.deliveries
    assert (delivery.status, delivery.event, delivery.tries) == ("sent", "SUCCEEDED", 1)
    assert found.url == f"{receiver.url}/done?…"
    assert found.headers == ["X-Key"]
    (call,) = receiver.calls
    assert call.path == f"/done?id={job}&n=a%26b%20c"
    assert call.headers["Authorization"] == "Basic YW5uOnNlIGNyZXQ="
    assert call.headers["X-Key"] == "k1"
    assert call.headers["Content-Type"] == "application/json"
    assert call.delivery == call.json["delivery"] == delivery.id
    assert call.json["event"] == call.headers["X-Jobs-Ext-Event"] == "SUCCEEDED"
    assert call.json["job"]["id"] == job
    assert call.json["job"]["status"] == "SUCCEEDED"
    secret = told_house.paths.webhook_secret.read_bytes().strip()
    signature = hmac.new(secret, call.raw, hashlib.sha256).hexdigest()
    assert call.headers["X-Jobs-Ext-Signature"] == f"sha256={signature}"


def test_each_event_is_told_once_and_in_full(told_house, receiver):
    wanted = [
        Notify(f"{receiver.url}/all", ["*"]),
        Notify(f"{receiver.url}/one", ["*"], persistent=False),
        Notify(f"{receiver.url}/bad", ["FAILED"]),
        Notify(f"{receiver.url}/good", ["SUCCEEDED"]),
    ]
    job = told_house.command("false", notify=wanted)
    told_house.ended(job)
    told_house.service.jobs.delete(WHO, job)
    until(lambda: "DELETED" in receiver.events, what="the last event")
    time.sleep(0.1)  # nothing may come after it
    by_path = {}
    for call in receiver.calls:
        by_path.setdefault(call.path, []).append(call.json["event"])
    all_events = ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "FAILED", "DELETED"]
    assert sorted(by_path["/all"]) == sorted(all_events)
    assert by_path["/one"] == ["SUBMITTED"]
    assert by_path["/bad"] == ["FAILED"]
    assert "/good" not in by_path


def test_what_happens_beside_statuses_is_told(told_house, receiver):
    wanted = [Notify(receiver.url, ["ARCHIVING", "ARCHIVED", "REINSTATED", "GRANTED", "REVOKED"])]
    service = told_house.service
    job = told_house.command("true", notify=wanted, archive="told/{id}")
    told_house.ended(job)
    service.grants.put(WHO, job, "bob", GrantRequest())
    service.grants.remove(WHO, job, "bob")
    service.jobs.delete(WHO, job)
    service.trash.reinstate_job(WHO, job)
    until(lambda: len(receiver.calls) == 5, what="all to be told", timeout=8)
    assert sorted(receiver.events) == sorted(wanted[0].events)
    full = told_house.root / "full"
    (full / "t.txt").mkdir(parents=True)
    write = 'touch "$JOBS_OUTPUT_DIR/t.txt"'
    wanted = [Notify(receiver.url, ["ARCHIVE_FAILED"])]
    told_house.ended(told_house.shell(write, notify=wanted, archive="full"))
    until(lambda: receiver.events[-1] == "ARCHIVE_FAILED", what="the failure")
    assert receiver.calls[-1].json["job"]["reason_code"] == "archive_failed"


def test_a_batch_is_told_of_once_with_its_counts(told_house, receiver):
    sets = [{"k": "0"}, {"k": "1"}, {"k": "0"}]
    target = Target(command=["bash", "-c", "exit $0", "{k}"])
    batch = told_house.batch(target, sets, notify=[receiver.url])
    found = settled(told_house, batch, "batch")
    assert [d.event for d in found.deliveries] == ["ENDED"]
    (call,) = receiver.calls
    assert call.json["batch"]["id"] == batch
    assert call.json["batch"]["counts"]["SUCCEEDED"] == 2
    assert call.json["batch"]["counts"]["FAILED"] == 1
    assert all(
        told_house.service.notifications.list(WHO, "job", job.id) == []
        for job in told_house.jobs(batch)
    )


def test_a_rerun_tells_whom_the_first_told(told_house, receiver):
    job = told_house.command("true", notify=[receiver.url])
    settled(told_house, job)
    again = told_house.service.jobs.rerun(WHO, job).id
    settled(told_house, again)
    silent = told_house.service.jobs.rerun(WHO, job, options={"notify": []}).id
    assert told_house.service.notifications.list(WHO, "job", silent) == []
    assert [call.json["job"]["id"] for call in receiver.calls] == [job, again]
    assert told_house.get(job).options.get("notify", []) == []


def test_what_fails_is_tried_again_and_then_given_up(told_house, receiver):
    receiver.status = 500
    job = told_house.command("true", notify=[Notify(receiver.url, retries=1)])
    (delivery,) = settled(told_house, job).deliveries
    assert (delivery.status, delivery.tries, delivery.error) == ("failed", 2, "it answered 500")
    assert len({call.delivery for call in receiver.calls}) == 1
    receiver.status = 410
    gone = told_house.command("true", notify=[receiver.url])
    assert settled(told_house, gone).deliveries[0].tries == 1


def test_a_receiver_that_was_away_is_told_when_it_is_back(told_house):
    with webhooks() as first:
        port = first.port
    job = told_house.command("true", notify=[f"http://127.0.0.1:{port}/"])
    until(lambda: [d.error for d in told(told_house, job).deliveries if d.tries], what="a try")
    with webhooks(port) as back:
        (delivery,) = settled(told_house, job).deliveries
        assert delivery.status == "sent"
        assert back.events == ["SUCCEEDED"]


def test_a_slow_receiver_delays_neither_jobs_nor_others(told_house, receiver):
    with webhooks() as slow:
        slow.delay = 5.0
        for _ in range(4):
            told_house.command("true", notify=[slow.url])
        until(lambda: len(slow.calls) == 2, what="the slow one to be told")
        began = time.monotonic()
        settled(told_house, told_house.command("true", notify=[receiver.url]))
        assert time.monotonic() - began < 4
        assert len(slow.calls) == 2  # at once, of one place
        slow.delay = 0.0


@pytest.mark.parametrize(
    "location",
    [
        "http://192.168.0.1/",
        "http://169.254.169.254/latest",
        "http://localtest.internal/",
        "file:///",
    ],
)
def test_a_redirect_to_a_private_address_is_refused(told_house, receiver, location):
    receiver.status, receiver.location = 307, location
    job = told_house.command("true", notify=[receiver.url])
    (delivery,) = settled(told_house, job).deliveries
    assert (delivery.status, delivery.tries) == ("failed", 1)
    assert "can't be used" in str(delivery.error)


def test_a_redirect_is_followed_without_credentials(told_house, receiver):
    with webhooks() as other:
        receiver.status, receiver.location = 308, f"{other.url}/there"
        url = receiver.url.replace("//", "//ann:secret@")
        job = told_house.command("true", notify=[Notify(url, headers={"X-Key": "k1"})])
        assert settled(told_house, job).deliveries[0].status == "sent"
        (call,) = other.calls
        assert call.path == "/there"
        assert call.json["job"]["id"] == job
        assert not {"Authorization", "X-Key"} & set(call.headers)
        receiver.location = receiver.url
        job = told_house.command("true", notify=[Notify(receiver.url, retries=0)])
        assert "redirects" in str(settled(told_house, job).deliveries[0].error)


def test_a_purge_takes_notifications_with_it(told_house, receiver):
    job = told_house.command("true", notify=[Notify(receiver.url, ["SUCCEEDED"])])
    settled(told_house, job)
    batch = told_house.batch(Target(command=["true"]), [{}], notify=[receiver.url])
    settled(told_house, batch, "batch")
    told_house.service.trash.purge_job(WHO, job)
    told_house.service.trash.purge_batch(WHO, batch)

    def left():
        with sqlite3.connect(told_house.paths.db) as connection:
            find = "SELECT count(*) FROM notification WHERE job = ? OR batch = ?"
            return connection.execute(find, (job, batch)).fetchone()[0]

    until(lambda: left() == 0, what="the purge")


def test_mails(told_house, letters):
    job = told_house.command(
        "false", name="Größe", notify=["mailto:ann@example.org,bob@example.org"]
    )
    assert settled(told_house, job).deliveries[0].status == "sent"
    assert letters.recipients == ["ann@example.org", "bob@example.org"]
    (text,) = letters.texts
    assert "From: jobs@example.org" in text
    assert f"id: {job}" in text
    assert "Subject: =?utf-8?" in text


@pytest.mark.skipif(not importlib.util.find_spec("apprise"), reason="apprise is optional")
def test_apprise(told_house, receiver):
    job = told_house.command("true", notify=[f"json://127.0.0.1:{receiver.port}/"])
    assert settled(told_house, job).deliveries[0].status == "sent"
    assert receiver.calls[0].json["title"] == "true: SUCCEEDED"


def test_what_was_sent_and_not_noted_is_sent_once_more_under_its_id(tmp_path, sockets, receiver):
    """The runner is killed between the sending and the note; it also stays until all is told."""
    house = House(tmp_path, sockets, outgoing=Outgoing(LOOPBACK))
    try:
        receiver.delay = 3.0
        house.start()
        job = house.command("true", notify=[receiver.url])
        house.reached(job, Status.SUCCEEDED)
        until(lambda: receiver.calls, what="the first sending")
        house.kill_runner()
        receiver.delay = 0.3
        house.start(linger=0.0)
        assert settled(house, job).deliveries[0].status == "sent"
        house.runner.wait(20)
        first, second = receiver.calls
        assert first.delivery == second.delivery
        assert first.json["time"] == second.json["time"]
    finally:
        house.close()


def test_a_runner_with_nothing_left_but_a_message_delivers_it_before_it_ends(
    tmp_path, sockets, receiver
):
    house = House(tmp_path, sockets, outgoing=Outgoing(LOOPBACK))
    try:
        receiver.status = 503
        job = house.command("true", notify=[receiver.url])
        house.start(linger=0.2)
        until(lambda: len(receiver.calls) == 2, what="two tries")
        assert house.runner.poll() is None
        receiver.status = 200
        house.runner.wait(20)
        assert [d.status for d in told(house, job).deliveries] == ["sent"]
    finally:
        house.close()
