from __future__ import annotations

import functools
import multiprocessing
import pickle
import subprocess
import sys
import threading
import types

import numpy as np
import pytest

from jobs_ext.client import pickling
from jobs_ext.client.errors import NotPicklable, WrongArguments
from jobs_ext.client.functions import FunctionTarget, by_name

lock = threading.Lock()


def simulate(frame, depth=3, *, name="x"):
    return frame, depth, name


def only_positional(a, b=2, /, *rest, **more):
    return a, b, rest, more


def uses_lock():
    with lock:
        return 1


def wraps_it():
    return uses_lock()


def arguments(function, *args, **given):
    return FunctionTarget(function)._arguments(args, given, {})


def test_arguments_are_bound_by_name():
    assert arguments(simulate, 1, name="y") == {"frame": 1, "name": "y"}


@pytest.mark.parametrize("given", [((), {}), ((1, 2, 3), {}), ((1,), {"deep": 2})])
def test_arguments_that_do_not_fit_are_a_type_error_before_anything_is_sent(given):
    with pytest.raises(TypeError, match=r"^simulate\(\): "):
        arguments(simulate, *given[0], **given[1])


def test_a_bad_argument_set_is_numbered():
    with pytest.raises(WrongArguments, match="argument set 1: simulate"):
        FunctionTarget(simulate)._sets([{"frame": 1}, {"farm": 2}], {"depth": 1}, {})


@pytest.mark.parametrize(
    ("args", "more", "expected"),
    [
        ((1,), {}, (1, 2, (), {})),
        ((1, 5, 6, 7), {"z": 8}, (1, 5, (6, 7), {"z": 8})),
    ],
)
def test_any_function_can_be_called_by_names_alone(args, more, expected):
    named = arguments(only_positional, *args, **more)
    assert by_name(only_positional)(**named) == expected


def test_builtins_without_a_signature_are_callable_too():
    assert by_name(max)(**arguments(max, 3, 9)) == 9


def test_an_option_among_the_arguments_is_pointed_out():
    with pytest.raises(WrongArguments, match=r"given by jx.options\(timeout=…\)"):
        arguments(simulate, 1, timeout=3)


def test_a_misspelt_argument_is_pointed_out():
    with pytest.raises(WrongArguments, match=r"'dept'\. Did you mean 'depth'\?"):
        arguments(simulate, 1, dept=3)
    with pytest.raises(WrongArguments, match=r"'frame'\. Did you mean 'depth'\?"):
        arguments(simulate, deph=3)  # the one that lacks is named, too
    with pytest.raises(WrongArguments, match=r"'name'$"):  # the option name= is not meant
        arguments(lambda name, **more: None, nam=3)


def test_labels():
    assert FunctionTarget(simulate).label == "simulate"
    assert FunctionTarget(functools.partial(simulate, 1)).label == "simulate"


def test_values_that_several_jobs_share_are_sent_once():
    parts = {}
    frame = np.arange(5)
    sets = FunctionTarget(simulate)._sets([{"frame": frame}, {"frame": frame}], {}, parts)
    assert len(parts) == 1
    assert sets[0]["frame"]["$part"] in parts
    assert sets[0]["frame"]["text"] == "ndarray 5"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (uses_lock, "lock (a lock, used by uses_lock) can't"),
        (wraps_it, "lock (a lock, used by uses_lock) can't"),
        ({"a": [threading.Lock()]}, "value['a'][0] (a lock) can't"),
        (types.SimpleNamespace(inner=(1, lock)), "value.inner[1] (a lock) can't"),
        (functools.partial(simulate, lock), "value.args[0] (a lock) can't"),
        (types.SimpleNamespace(func=len, inner=lock), "value.inner (a lock) can't"),
        ({"a": multiprocessing.Lock()}, "inheritance"),  # a RuntimeError
    ],
)
def test_what_can_not_be_pickled_is_named(value, said):
    class_name = type(lock).__name__
    with pytest.raises(NotPicklable) as caught:
        pickling.dumps(in_main(value), getattr(value, "__name__", "value"))
    assert said.replace("a lock", f"a {class_name}") in str(caught.value)


def in_main(value):
    """Let cloudpickle take functions of this file by value, as it does those of a notebook."""
    for function in (uses_lock, wraps_it, simulate):
        function.__module__ = "__main__"
    return value


def test_modules_beside_the_notebook_go_along_by_value(tmp_path, monkeypatch):
    (tmp_path / "beside_me.py").write_text("FACTOR = 3\ndef times(x):\n    return FACTOR * x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    import beside_me

    sent = pickling.dumps(lambda x: beside_me.times(x), "lambda")
    (tmp_path / "beside_me.py").unlink()
    code = "import cloudpickle, sys; print(cloudpickle.loads(sys.stdin.buffer.read())(5))"
    run = subprocess.run(
        [sys.executable, "-c", code], input=sent, capture_output=True, check=True, cwd="/"
    )
    assert run.stdout == b"15\n"
    assert pickle.loads(pickling.dumps(beside_me.times, "times"))(2) == 6


def test_a_module_beside_the_notebook_that_holds_a_lock_goes_by_name(tmp_path, monkeypatch):
    text = "import threading\nL = threading.Lock()\ndef f():\n    with L:\n        return 7\n"
    (tmp_path / "locked_beside.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    import locked_beside

    assert pickle.loads(pickling.dumps(locked_beside.f, "f"))() == 7


def test_the_modules_a_function_can_not_be_loaded_without(tmp_path, monkeypatch):
    import fractions

    import msgspec
    import requests.adapters

    (tmp_path / "beside.py").write_text("def helper():\n    return 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import beside

    def function(k=msgspec.ValidationError):
        import sqlalchemy  # within: nothing needs it before the call

        return beside.helper(), requests.adapters.HTTPAdapter, sqlalchemy, fractions, k

    assert pickling.modules_of(function) == ["msgspec", "requests"]


def test_a_decorated_function_is_called_as_before_and_pickled_without_us():
    @FunctionTarget
    def countdown(n: int) -> list[int]:
        """Count down."""
        return [n, *countdown(n - 1)] if n else []

    assert countdown(2) == [2, 1]
    assert (countdown.__name__, countdown.__doc__) == ("countdown", "Count down.")
    assert countdown.options(cpu=2)(1) == [1]
    program = """
import sys
sys.modules["jobs_ext"] = None
import cloudpickle
print(cloudpickle.loads(sys.stdin.buffer.read())(3))
"""
    countdown.function.__module__ = "__main__"
    sent = pickling.dumps(countdown, "countdown")
    run = subprocess.run([sys.executable, "-c", program], input=sent, capture_output=True)
    assert run.stdout.strip() == b"[3, 2, 1]", run.stderr
