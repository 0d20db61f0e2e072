from __future__ import annotations

from tornado import web

from jobs_ext.api.errors import describe, status_of
from jobs_ext.model.errors import Conflict, JobsError, StoreUnavailable
from tests.serving import multipart, python


def every(kind):
    """Yield the errors of the model; a client in the same process has more."""
    for one in kind.__subclasses__():
        if one.__module__ == kind.__module__:
            yield one
            yield from every(one)


def test_every_error_of_the_interface_has_its_status():
    for kind in every(JobsError):
        error = kind("Words.", field="f", value=1, hint="Do.")
        status = status_of(error)
        assert 400 <= status < 600
        said = describe(error, status)
        assert (said.message, said.field, said.value, said.hint) == ("Words.", "f", 1, "Do.")
        assert said.type == kind.type


def test_the_unexpected_tells_no_details():
    said = describe(ZeroDivisionError("secret"), status_of(ZeroDivisionError()))
    assert said.type == "internal_error"
    assert "secret" not in repr(said)


def test_jupyters_own_errors():
    assert describe(web.HTTPError(403, "100%s"), 403).message == "100%s"
    assert describe(web.HTTPError(403, "no %s", "way"), 403).message == "no way"
    assert describe(web.HTTPError(418), 418).message == "I'm a Teapot."


def test_large_and_strange_values_are_shortened():
    assert len(describe(Conflict("x", value="y" * 10**6), 409).value) <= 1000
    assert describe(Conflict("x", value=object), 409).value.startswith("<class")
    assert describe(Conflict("x", value="\ud800"), 409).value is None
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    assert describe(Conflict("x", value=deep), 409).value is None
    said = describe(Conflict("x" * 10**6, field="y" * 10**6, hint="z" * 10**6), 409)
    assert max(len(said.message), len(said.field), len(said.hint)) <= 1000


async def test_bodies_that_are_not_what_they_say(api):
    json_type = {"Content-Type": "application/json"}
    answer = await api("POST", "jobs", b'{"target": ', headers=json_type)
    assert (answer.status, answer.json["type"]) == (400, "invalid_request")
    answer = await api("POST", "jobs", b"\xff\xfe", headers=json_type)
    assert answer.status == 400
    answer = await api("POST", "jobs", b"[" * 10**5, headers=json_type)
    assert answer.status == 400
    answer = await api("POST", "jobs", b"<job/>", headers={"Content-Type": "text/xml"})
    assert (answer.status, answer.json["type"]) == (415, "unsupported_media_type")
    answer = await api.upload("batches/x/cancel", None)
    assert answer.status == 404


async def test_bad_multipart(api):
    good = {"target": {"command": python("pass")}}
    for request, files, field in (
        (None, {"text": ("a.txt", b"x")}, "request"),
        (good, {"request": ("a.json", b"{}")}, "request"),
        ({"target": {}}, {}, "target"),
    ):
        answer = await api.upload("jobs", request, **files)
        assert (answer.status, answer.json["field"]) == (400, field)
    kind, body = multipart(good, {})
    plain = body.replace(b'name="request"', b'name="other"')
    answer = await api("POST", "jobs", plain, headers={"Content-Type": kind})
    assert (answer.status, answer.json["field"]) == (400, "other")
    answer = await api("POST", "jobs", body[:-20], headers={"Content-Type": kind})
    assert answer.status == 400
    twice = body.replace(b"--\r\n", b"\r\n") + body
    answer = await api("POST", "jobs", twice, headers={"Content-Type": kind})
    assert (answer.status, answer.json["field"]) == (400, "request")
    assert (await api("GET", "jobs")).json["items"] == []


async def test_too_large(api, monkeypatch):
    monkeypatch.setattr("jobs_ext.api.decode.JSON_LIMIT", 100)
    answer = await api("POST", "jobs", {"target": {"command": ["echo", "x" * 100]}})
    assert (answer.status, answer.json["type"]) == (413, "too_large")


async def test_an_unavailable_store_says_when_to_come_back(api, extension, monkeypatch):
    def busy(*args):
        raise StoreUnavailable("The store is busy.")

    monkeypatch.setattr(extension.backend.service.jobs, "listed", busy)
    answer = await api("GET", "jobs")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json["message"] == "The store is busy."


async def test_a_defect_is_a_500_without_details(api, extension, monkeypatch):
    monkeypatch.setattr(extension.backend.service.jobs, "listed", lambda *args: 1 / 0)
    answer = await api("GET", "jobs")
    assert (answer.status, answer.json["type"]) == (500, "internal_error")
    assert b"ZeroDivision" not in answer.body
    assert b"Traceback" not in answer.body
