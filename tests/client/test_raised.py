"""What a function raised is raised here, by its own type and as `JobFailed`."""

from __future__ import annotations

import pickle
from urllib.error import HTTPError

import pytest

from jobs_ext.client.errors import JobFailed
from jobs_ext.client.raised import as_raised
from jobs_ext.client.sources import sources


class OfTwo(Exception):
    """Takes what no other error does."""

    __slots__ = ("one", "two")

    def __new__(cls, one, two):
        made = super().__new__(cls)
        made.one, made.two = one, two
        return made


class Reserved(Exception):
    """Lets nobody set what we call so, nor anything else, nor ask for what it has not."""

    @property
    def reason(self):
        return "its own"

    def __setattr__(self, name, value):
        raise TypeError(name)

    def __getattr__(self, name):
        raise KeyError(name)


def raised(kind, trust=True, **told):
    failed = JobFailed("Job 'f' failed: no.", reason="no", remote_traceback="Traceback …")
    named = {"type": kind.__name__, "module": kind.__module__, "qualname": kind.__qualname__}
    return as_raised(failed, named | told, trust=trust)


@pytest.mark.parametrize(
    "kind", [ValueError, KeyError, OSError, UnicodeDecodeError, HTTPError, OfTwo, Reserved]
)
def test_an_error_is_of_both_types(kind):
    error = raised(kind)
    assert isinstance(error, kind)
    assert isinstance(error, JobFailed)
    assert type(error).__name__ == kind.__name__
    assert str(error) == "Job 'f' failed: no.\nTraceback …"
    assert (error.reason, error.message, error.args) == (
        "no", "Job 'f' failed: no.", ("Job 'f' failed: no.",),
    )  # fmt: skip


def test_it_holds_what_the_error_held():
    held = {"errno": 28, "filename": "a", "value": [1], "one": 1, "reason": "its", "message": "its"}
    odd = {"args": [1], "with_traceback": 1, "__cause__": 1, "a b": 1, "": 1, "\udc80": 1}
    for kind in (OSError, UnicodeDecodeError, OfTwo, Reserved):
        error = raised(kind, attributes=held | odd)
        assert isinstance(error, kind)
        assert (error.errno, error.filename, error.value, error.one) == (28, "a", [1], 1)
        assert (error.reason, error.message) == ("no", "Job 'f' failed: no.")
        assert error.__cause__ is None
        assert error.args == ("Job 'f' failed: no.",)
        assert "a b" not in vars(error)
    assert raised(OSError, module="not_here", attributes=held).errno == 28
    assert raised(OSError, attributes=[1]).errno is None


def test_it_is_pickled_as_what_is_everywhere():
    back = pickle.loads(pickle.dumps(raised(OSError)))
    assert type(back) is JobFailed
    assert str(back) == str(raised(OSError))


@pytest.mark.parametrize(
    "told",
    [
        {"module": "not_here"},
        {"qualname": "NotThere"},
        {"qualname": "dict"},
        {"qualname": "ExceptionGroup"},
        {"qualname": "ExceptionGroup", "exceptions": []},
        {"qualname": "ExceptionGroup", "exceptions": [1]},
        {"qualname": "ExceptionGroup", "exceptions": {"a": 1}},
        {"qualname": "BaseExceptionGroup", "exceptions": [{"type": "KeyError"}]},
        {"type": "SystemExit", "qualname": "SystemExit"},
        {"module": 1},
        {"module": ""},
        {"qualname": None},
    ],
)
def test_what_is_no_error_here_is_a_failed_job_all_the_same(told):
    assert type(raised(ValueError, **told)) is JobFailed


def test_a_group_holds_what_was_raised_in_it():
    held = [
        {"type": "KeyError", "message": "'b'"},
        {"type": "Lost", "module": "not_here", "message": "gone"},
        {"type": "ExceptionGroup", "exceptions": [{"type": "OSError", "message": "no disk"}]},
    ]
    error = raised(ExceptionGroup, exceptions=held)
    assert isinstance(error, JobFailed)
    assert str(error) == "Job 'f' failed: no.\nTraceback …"
    assert type(pickle.loads(pickle.dumps(error))) is JobFailed
    caught = []
    try:
        raise error
    except* KeyError as group:
        caught += map(str, group.exceptions)
    except* OSError as group:
        caught += map(str, group.exceptions[0].exceptions)
    except* JobFailed as group:
        caught += map(str, group.exceptions)
    assert caught == ["'b'", "no disk", "gone"]


def test_for_an_error_of_others_nothing_is_imported(tmp_path, monkeypatch):
    (tmp_path / "with_effects.py").write_text("class E(Exception): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    told = {"module": "with_effects", "qualname": "E"}
    assert type(raised(ValueError, trust=False, **told)) is JobFailed
    assert type(raised(ValueError, trust=True, **told)).__mro__[1] is JobFailed


def test_the_text_of_cells_goes_along_once(monkeypatch):
    import linecache

    text = "def inner():\n    raise ValueError\ndef outer():\n    return inner()\n"
    cell = {"__name__": "__main__"}
    exec(compile(text, "<cell 1>", "exec"), cell)
    monkeypatch.setitem(linecache.cache, "<cell 1>", (len(text), None, text.splitlines(True), ""))
    assert sources(cell["outer"]) == {"<cell 1>": text}
    assert sources(raised) == sources(len) == sources(pytest) == {}
