"""The function payload in real interpreters: arguments, results of every form, errors."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs_ext.runner.payloads import function as payload


class Call:
    """Runs a function as the runner would."""

    def __init__(self, root: Path) -> None:
        self.request, self.cwd = (root / n for n in ("request", "cwd"))
        for folder in (self.request, self.cwd):
            folder.mkdir()
        self.parts: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self.path: list[str] = []

    def part(self, name: str, data: bytes) -> dict[str, str]:
        file = self.request / f"{name}.part"
        file.write_bytes(data)
        self.parts[name] = str(file)
        return {"$part": name}

    def __call__(
        self, function: Callable[..., Any] | dict[str, str], **arguments: Any
    ) -> subprocess.CompletedProcess[str]:
        if callable(function):
            self.part("function", cloudpickle.dumps(function))
            function = {"pickle": self.parts["function"]}
        call = {
            "function": function,
            "arguments": arguments,
            "parts": self.parts,
            "outputs": self.outputs,
            "path": self.path,
        }
        (self.request / "call.json").write_text(json.dumps(call))
        command = [sys.executable, payload.__file__, str(self.request)]
        return subprocess.run(command, cwd=self.cwd, capture_output=True, text=True, check=False)

    def value(self, function: Callable[..., Any], **arguments: Any) -> Any:
        """Return the one result file and what is in it."""
        done = self(function, **arguments)
        assert done.returncode == 0, done.stderr
        (file,) = self.results()
        read: dict[str, Callable[[Path], Any]] = {
            ".json": lambda p: json.loads(p.read_text()),
            ".pickle": lambda p: pickle.loads(p.read_bytes()),
            ".parquet": pq.read_table,
        }
        return file.name, read[file.suffix](file)

    def results(self) -> list[Path]:
        assert not list(self.request.glob("*.draft"))
        return list(self.request.glob("result.*"))

    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.request / "error.json").read_text())
        return found


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return Call(tmp_path)


# Sent by name, these would need this file in the job.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def test_the_values_of_other_jobs_stand_where_their_handles_do(call: Call) -> None:
    made = call.request / "result.json"
    made.write_text('{"a": 1}')
    call.outputs = {"i/": str(made)}
    told = {"$value": str(made)}  # a value like any other
    _, back = call.value(lambda **given: given, x=[{"$output": {"job": "i"}}], y=told)
    assert back == {"x": [{"a": 1}], "y": told}


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -(2**80), 1.5, -0.0, "text é", [], [1, [2, "x"]], {"a": {"b": None}}],
)
def test_json_when_it_is_exact(call: Call, value: Any) -> None:
    name, back = call.value(lambda: value)
    assert (name, back, type(back)) == ("result.json", value, type(value))
    assert str(back) == str(value)


@pytest.mark.parametrize("length", [0, 100_000])
def test_the_file_of_the_call_is_that_of_the_value(call: Call, length: int) -> None:
    """Also when the call was longer, or shorter."""
    known = call.request / "call.json"

    def numbered() -> list[int | str]:
        return [known.stat().st_ino, "x" * length]

    _, (number, text) = call.value(numbered)
    assert (number, len(text)) == ((call.request / "result.json").stat().st_ino, length)
    assert not (call.request / "call.json").exists()


def test_a_call_whose_file_is_gone_has_its_value(call: Call) -> None:
    known = call.request / "call.json"
    assert call.value(lambda: known.unlink()) == ("result.json", None)


def test_an_integer_that_is_too_long_for_a_text_is_pickled(call: Call) -> None:
    name, back = call.value(lambda: [10**5000])
    assert (name, back == [10**5000]) == ("result.pickle", True)


@pytest.mark.parametrize(
    "value", [(1, 2), {1: 2}, {"a": (1,)}, b"x", 1j, {"s"}, "\udc80", pd.Series([1, 2])]
)
def test_pickle_when_json_would_change_it(call: Call, value: Any) -> None:
    name, back = call.value(lambda: value)
    assert name == "result.pickle"
    assert type(back) is type(value)
    assert str(back) == str(value)


def test_not_a_number_is_no_json(call: Call) -> None:
    name, back = call.value(lambda: [float("nan")])
    assert (name, str(back)) == ("result.pickle", "[nan]")


def test_a_list_that_holds_itself(call: Call) -> None:
    def loop() -> list[Any]:
        found: list[Any] = []
        found.append(found)
        return found

    name, back = call.value(loop)
    assert name == "result.pickle"
    assert back[0] is back


FRAMES = {
    "plain": lambda: pd.DataFrame({"a": [1, 2], "b": ["x", "é"], "c": [0.5, None]}),
    "index": lambda: pd.DataFrame({"a": [1.0, 2.0]}, index=pd.Index(["x", "y"], name="key")),
    "times": lambda: pd.DataFrame({"t": pd.to_datetime(["2026-01-01"]).tz_localize("UTC")}),
    "category": lambda: pd.DataFrame({"c": pd.Categorical(["b", "a"], ordered=True)}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_pandas_frame_is_parquet(call: Call, name: str) -> None:
    file, table = call.value(FRAMES[name])
    assert file == "result.parquet"
    assert table.schema.metadata[b"jobs_ext"] == b"pandas"
    pd.testing.assert_frame_equal(table.to_pandas(), FRAMES[name]())


ODD_FRAMES = {
    "empty": lambda: pd.DataFrame(),
    "mixed": lambda: pd.DataFrame({"a": [1, "x"]}, dtype=object),
    "numbers as objects": lambda: pd.DataFrame({"a": [True, 1]}, dtype=object),
    "lists": lambda: pd.DataFrame({"a": [[1], [2, 3]]}),
    "numbers as names": lambda: pd.DataFrame({0: [1], 1: [2]}),
    "frequency": lambda: pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2026", periods=2)),
}


@pytest.mark.parametrize("name", ODD_FRAMES)
def test_a_frame_comes_back_as_it_was_one_way_or_the_other(call: Call, name: str) -> None:
    file, back = call.value(ODD_FRAMES[name])
    back = back.to_pandas() if file == "result.parquet" else back
    made = ODD_FRAMES[name]()
    pd.testing.assert_frame_equal(back, made)
    assert [list(map(type, row)) for row in back.to_numpy()] == [
        list(map(type, row)) for row in made.to_numpy()
    ]


def test_a_polars_frame_says_that_it_was_one(call: Call) -> None:
    made = pl.DataFrame({"a": [1, None], "b": ["x", "y"]})
    name, table = call.value(lambda: pl.DataFrame({"a": [1, None], "b": ["x", "y"]}))
    assert (name, table.schema.metadata[b"jobs_ext"]) == ("result.parquet", b"polars")
    assert pl.from_arrow(table).equals(made)  # type: ignore[union-attr]


def test_an_arrow_table_says_that_it_was_one(call: Call) -> None:
    name, table = call.value(lambda: pa.table({"a": [1, 2]}))
    assert (name, table.schema.metadata[b"jobs_ext"]) == ("result.parquet", b"pyarrow")


def test_arguments_are_json_parquet_and_pickles(call: Call, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    frame.to_parquet(tmp_path / "f.parquet")
    table = call.part("frame", (tmp_path / "f.parquet").read_bytes())
    pair = call.part("pair", cloudpickle.dumps((1, 2)))

    def describe(n: int, frame: Any, pair: Any) -> list[str]:
        return [repr(n), f"{type(frame).__name__} {frame.a.sum()}", repr(pair)]

    _, back = call.value(describe, n=1, frame=table, pair=pair)
    assert back == ["1", "DataFrame 3", "(1, 2)"]


def test_modules_of_the_folder_and_of_the_path_can_be_imported(call: Call, tmp_path: Path) -> None:
    (call.cwd / "beside.py").write_text("n = 1")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "further.py").write_text("n = 2")
    call.path = [str(tmp_path / "lib")]

    def both() -> list[Any]:
        import sys

        import beside  # type: ignore[import-not-found]
        import further  # type: ignore[import-not-found]

        return [beside.n, further.n, [p for p in sys.path if "payloads" in p]]

    assert call.value(both)[1] == [1, 2, []]


def test_a_function_by_name(call: Call) -> None:
    done = call({"module": "os.path", "name": "join"}, a="x")
    assert done.returncode == 0, done.stderr
    assert json.loads((call.request / "result.json").read_text()) == "x"


def test_a_coroutine_is_run(call: Call) -> None:
    async def later() -> int:
        return 3

    assert call.value(later)[1] == 3


def test_an_exception_is_told_without_our_frames(call: Call) -> None:
    def fail(k: int) -> None:
        raise ValueError("k must be positive")

    done = call(fail, k=-1)
    assert done.returncode == 1
    error = call.error()
    assert (error["type"], error["message"]) == ("ValueError", "k must be positive")
    assert error["traceback"] == done.stderr
    assert payload.__file__ not in done.stderr
    assert "in fail" in done.stderr
    assert not call.results()


def test_a_missing_module_is_told(call: Call) -> None:
    def needs() -> None:
        import no_such_module  # type: ignore[import-not-found] # noqa: F401

    assert call(needs).returncode == 1
    assert call.error()["type"] == "ModuleNotFoundError"


def test_a_result_that_cannot_be_sent_is_told(call: Call) -> None:
    import threading

    assert call(lambda: threading.Lock()).returncode == 1
    message = call.error()["message"]
    assert message.startswith("the function returned a lock, which can't be kept: cannot pickle")
    assert not (call.request / "returned").exists()


def test_a_function_may_have_no_value(call: Call) -> None:
    def keep() -> None: ...

    vars(keep)["has_value"] = False
    assert call(keep).returncode == 0
    assert not call.results()
    assert (call.request / "returned").exists()


def test_an_exit_is_an_exit(call: Call) -> None:
    done = call(lambda: sys.exit("no more"))
    assert done.returncode == 1
    assert done.stderr == "no more\n"
    assert not (call.request / "error.json").exists()


def test_an_exception_that_cannot_be_shown(call: Call) -> None:
    class Shy(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    def fail() -> None:
        raise Shy

    assert call(fail).returncode == 1
    assert call.error()["type"] == "Shy"


def test_attributes_are_told_as_far_as_json_has_them(call: Call) -> None:
    class Refused(OSError):
        def __init__(self) -> None:
            super().__init__(28, "no space", "/data/a", None, "/data/b")
            self.codes, self.told = [1, {"a": None}], "x" * 2000
            self.lock, self.many, self._own, self.itself = (1, 2), 10**5000, 1, [self]

    def fail() -> None:
        raise Refused

    assert call(fail).returncode == 1
    held = {"errno": 28, "strerror": "no space", "filename": "/data/a", "filename2": "/data/b"}
    assert call.error()["attributes"] == held | {"codes": [1, {"a": None}]}


def test_an_exception_that_has_nothing_one_asks_for(call: Call) -> None:
    class Bare(Exception):
        def __getattr__(self, name: str) -> None:
            raise KeyError(name)

    def fail() -> None:
        raise ValueError("second") from Bare("first")

    assert call(fail).returncode == 1
    assert (call.error()["type"], call.error()["message"]) == ("ValueError", "second")
    assert "Bare: first" in call.error()["traceback"]
    assert payload.described(ExceptionGroup("g", [Bare("in")]))["exceptions"][0]["type"] == "Bare"


def test_what_a_group_holds_is_told_so_far_as_one_reads():
    many = ExceptionGroup("many", [ValueError("x" * 5000), *map(KeyError, range(40))])
    told = payload.described(ExceptionGroup("outer", [many, OSError("no disk")]))
    inner, other = told["exceptions"]
    assert (other["qualname"], other["message"]) == ("OSError", "no disk")
    assert [one["type"] for one in inner["exceptions"]] == ["ValueError", *["KeyError"] * 19]
    assert len(inner["exceptions"][0]["message"]) == 1000
    assert "exceptions" not in payload.described(ValueError("x"))
