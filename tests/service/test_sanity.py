from __future__ import annotations

import keyword
import string

import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.request import Target
from jobs_ext.service.sanity import looks_like_code


@pytest.mark.parametrize("mark", [c for c in string.punctuation + string.whitespace if c != "."])
def test_marks(mark: str) -> None:
    assert looks_like_code(mark) == looks_like_code(f"a{mark}b") == "punctuation"


@pytest.mark.parametrize("good", ["", "abc", "1.5", ".", "..", "LS", "Mean", "TRUE", "FALSE", "in"])
def test_what_is_good(good: str) -> None:
    assert looks_like_code(good) == ""


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("True", "python keywords"),
        ("while", "python keywords"),
        ("mean", "R keywords"),
        ("c", "R keywords"),
        ("pi", "R keywords"),
        ("NULL", "R keywords"),
        ("data.frame", "R keywords"),
        ("sort", "R keywords"),
        ("true", "unix commands"),
        ("chmod", "unix commands"),
    ],
)
def test_words(word: str, kind: str) -> None:
    assert looks_like_code(word) == kind
    assert looks_like_code(word + "x") == ""


def test_each_keyword_of_python_but_one() -> None:
    assert [word for word in keyword.kwlist if not looks_like_code(word)] == ["in"]


@pytest.mark.parametrize("strange", ["a" * 10_000, "\0", "\udcff", "é", "\u2028"])
def test_strange_texts_do_no_harm(strange: str) -> None:
    assert looks_like_code(strange) == ""


@pytest.fixture
def sane(tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "t.toml").write_text(
        'name = "say"\ncommand = ["echo", "{word}"]\nsanity = true\nadditional_parameters = true\n'
        '[parameters.word]\ndefault = "a-b"\n'
    )
    return Target(tool="say")


def test_a_tool_can_ask_for_it(submit, sane):
    assert submit(sane, {"word": "hello", "more": "1.5"})
    assert submit(sane, {"word": -1e-3})  # a number is no text
    assert submit(sane)  # what the tool itself says is trusted
    for name, value in (("word", "rm"), ("word", ["a", "$(x)"]), ("more", "mean")):
        with pytest.raises(InvalidRequest, match="can not contain") as refused:
            submit(sane, {name: value})
        assert refused.value.field == f"arguments.{name}"
