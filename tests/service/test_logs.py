from __future__ import annotations

import pytest

from jobs_ext.model.errors import InvalidRequest, NotFound
from jobs_ext.model.request import SubmitRequest, Target
from jobs_ext.service import logs
from tests.service.runs import claim, ended, started

TEXT = "Zürich → 東京 🚀\n" * 3


@pytest.fixture
def job(service, who, context):
    request = SubmitRequest(Target(command=["echo"]), context=context)
    return service.jobs.submit(who, request).id


@pytest.fixture
def running(service, job):
    claim(service)
    service.queue.apply([started(job)])
    files = service.paths.attempt(job, 1)
    files.folder.mkdir(parents=True)
    return files


@pytest.fixture
def read(service, who, job):
    return lambda **kwargs: service.logs.read(who, job, **kwargs)


def test_before_the_first_attempt_there_is_an_empty_log(read, service, who, job):
    chunk = read()
    assert (chunk.attempt, chunk.text, chunk.final) == (0, "", False)
    service.jobs.cancel(who, job)
    assert read().final


def test_a_log_is_followed_while_it_grows(read, running, service, job):
    assert read().text == ""
    running.stdout.write_text("one\n")
    first = read()
    assert (first.text, first.next, first.size, first.final) == ("one\n", 4, 4, False)
    with running.stdout.open("a") as log:
        log.write("two\n")
    second = read(offset=first.next)
    assert (second.offset, second.text) == (4, "two\n")
    service.queue.apply([ended(job)])
    assert read(offset=second.next).final


def test_a_short_log_is_kept_in_the_store(read, running, service, job):
    running.stdout.write_text("one\n")
    first = read()
    running.folder.rename(running.folder.with_name("another"))  # the next attempt's by now
    gap = read(offset=first.next)
    assert (gap.offset, gap.next, gap.text, gap.final) == (4, 4, "", False)
    service.queue.apply([ended(job, logs={"stdout": "one\ntwo\n", "stderr": TEXT})])
    rest = read(offset=gap.next)
    assert (rest.text, rest.size, rest.final) == ("two\n", 8, True)
    assert read(stream="stderr").text == TEXT
    assert read(stream="stderr", offset=-6).text == " 🚀\n"


def test_an_empty_log_is_kept_nowhere(read, service, job):
    claim(service)
    service.queue.apply([started(job), ended(job, logs={"stdout": "", "stderr": ""})])
    assert (read().text, read().size, read().final) == ("", 0, True)


def test_a_log_that_changes_hands_while_it_is_read_is_not_shown(read, running, monkeypatch):
    """The file gets another name between its opening and the end of the look at it."""
    running.stdout.write_text("theirs\n")
    opened = logs.open_regular

    def meanwhile(path):
        file = opened(path)
        running.folder.rename(running.folder.with_name("another"))
        return file

    monkeypatch.setattr(logs, "open_regular", meanwhile)
    assert read().text == ""


@pytest.mark.parametrize("limit", [4, 5, 7, 11])
def test_chunks_join_without_breaking_a_character(read, running, limit):
    running.stdout.write_text(TEXT)
    text, offset = "", 0
    while offset < len(TEXT.encode()):
        chunk = read(offset=offset, limit=limit)
        assert chunk.offset == offset
        text, offset = text + chunk.text, chunk.next
    assert text == TEXT


def test_half_a_character_at_the_end_waits_for_its_rest(read, running, service, job):
    running.stdout.write_bytes("é".encode()[:1])
    assert (read().text, read().next) == ("", 0)
    service.queue.apply([ended(job)])
    assert (read().text, read().next, read().final) == ("\ufffd", 1, True)


def test_bytes_that_are_no_text_are_shown_and_passed(read, running):
    running.stdout.write_bytes(b"a\xff\xfeb" + b"\x80" * 10 + b"c\n")
    chunk = read()
    assert (chunk.next, chunk.size) == (16, 16)
    assert chunk.text == "a\ufffd\ufffdb" + "\ufffd" * 10 + "c\n"


def test_a_negative_offset_counts_from_the_end(read, running):
    running.stdout.write_text("abcdef")
    assert (read(offset=-2).text, read(offset=-2).offset) == ("ef", 4)
    assert read(offset=-100).text == "abcdef"
    running.stdout.write_text("é")
    assert (read(offset=-1).text, read(offset=-1).next) == ("", 2)


def test_an_offset_past_the_end_waits_there(read, running):
    running.stdout.write_text("abc")
    assert (read(offset=99).offset, read(offset=99).text) == (3, "")


def test_each_attempt_and_stream_has_its_own_log(read, running):
    running.stderr.write_text("bad\n")
    assert read(stream="stderr", attempt=1).text == "bad\n"
    assert read(stream="stdout", attempt=1).text == ""


@pytest.mark.parametrize("wrong", [{"stream": "stdin"}, {"limit": 0}, {"limit": 1 << 30}])
def test_a_wrong_question_is_named(read, running, wrong):
    with pytest.raises(InvalidRequest) as caught:
        read(**wrong)
    assert caught.value.field in wrong


def test_an_attempt_that_never_was_is_not_found(read, running):
    with pytest.raises(NotFound) as caught:
        read(attempt=2)
    assert caught.value.field == "attempt"
