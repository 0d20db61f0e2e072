from __future__ import annotations

from jobs_ext.model.request import SubmitRequest, Target
from jobs_ext.model.work import Free
from jobs_ext.service import Principal
from jobs_ext.store.pokes import PokeReceiver


def test_what_happened_is_read_from_a_number_on(service, who, context):
    assert service.events.head() == 0
    request = SubmitRequest(Target(command=["echo"]), context=context)
    first = service.jobs.submit(who, request)
    seen = service.events.head()
    service.jobs.cancel(who, first.id)
    events = service.events.since(seen)
    assert [(event.type, event.job) for event in events] == [("status", first.id)]
    assert events[-1].seq == service.events.head()
    assert len(service.events.since(0, limit=1)) == 1


def test_each_owner_follows_their_own(service, who, context):
    eve = Principal("eve", frozenset({"run", "read"}))
    request = SubmitRequest(Target(command=["echo"]), context=context)
    hers = service.jobs.submit(eve, request).id
    service.jobs.submit(who, request)
    assert {event.job for event in service.events.since(0, owner="eve")} == {hers}


def test_every_change_pokes_runner_and_servers(service, who, context):
    runner = PokeReceiver(service.paths.runner_socket)
    server = PokeReceiver(service.paths.server_socket(1))
    service.jobs.submit(who, SubmitRequest(Target(command=["echo"]), context=context))
    assert (runner.drain(), server.drain()) == (1, 1)
    service.queue.claim(Free(1, 10**9), 1)
    assert (runner.drain(), server.drain()) == (0, 1)
    runner.close()
    server.close()
