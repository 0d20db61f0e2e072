from __future__ import annotations

from pathlib import Path

import pytest

from jobs_ext.client import targets
from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.outputs import OutputReference
from jobs_ext.client.submitter import Submitter

verbs = Submitter()


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("wc", "tool"),
        ("wc-1.0", "tool"),
        (["wc", "-l"], "command"),
        ("./report.ipynb", "notebook"),
        ("/x/report.ipynb", "notebook"),
        (Path("report.ipynb"), "notebook"),
        ("../run.sh", "script"),
        (Path("run.py"), "script"),
        (len, "function"),
    ],
)
def test_what_submit_takes_things_for(what, kind):
    assert verbs.target(what).kind == kind


def test_a_file_without_a_dot_in_front_is_told_how_to_be_written():
    with pytest.raises(InvalidRequest, match=r"write \./report\.ipynb") as caught:
        verbs.target("report.ipynb")
    assert caught.value.field == "target.tool"


def test_a_file_that_is_there_is_told_how_to_be_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tally.js").touch()
    with pytest.raises(InvalidRequest, match=r"write \./tally\.js"):
        verbs.target("tally.js")


@pytest.mark.parametrize(
    ("text", "words"),
    [("wc -l a.txt", "['wc', '-l', 'a.txt']"), ("cat *.fa | wc", "['sh', '-c', 'cat *.fa | wc']")],
)
def test_a_command_in_one_text_is_told_how_to_be_written(text, words):
    with pytest.raises(InvalidRequest) as caught:
        verbs.target(text)
    assert words in caught.value.hint


def test_a_tool_with_options():
    double = verbs.tool(memory="1GB")(lambda x: 2 * x)
    assert (double(3), double.asked.memory) == (6, "1GB")
    assert verbs.options(cpu=2).tool("wc", memory="1GB").asked.cpu == 2
    with pytest.raises(InvalidRequest, match="Did you mean 'memory'"):
        verbs.tool(memroy="1GB")


def test_a_command_is_not_a_text():
    with pytest.raises(InvalidRequest, match="list of words"):
        verbs.command("wc -l data.txt")


def test_words_of_a_command_are_texts_numbers_and_paths():
    assert verbs.command(["a", 1, 2.5, Path("b.txt")]).argv == ["a", "1", "2.5", "b.txt"]


@pytest.mark.parametrize("word", [OutputReference("the-id", "t.csv"), None, ["a"], b"a"])
def test_what_is_no_word_of_a_command_is_told_how_it_is_handed_on(word):
    with pytest.raises(InvalidRequest, match="is not a word of a command") as caught:
        verbs.command(["cat", word])
    assert caught.value.field == "target.command[1]"
    assert "file=job" in caught.value.hint


def test_numbers_cannot_be_submitted():
    with pytest.raises(TypeError, match="can't be submitted"):
        verbs.target(5)


def test_a_misspelt_option_is_named_with_what_is_meant():
    with pytest.raises(InvalidRequest, match=r"'memroy'.*Did you mean 'memory'") as caught:
        verbs.options(memroy="2GB")
    assert caught.value.field == "options.memroy"


def test_an_option_of_the_wrong_type_is_refused():
    with pytest.raises(InvalidRequest, match=r"retries"):
        verbs.options(retries="two")


def test_options_add_up_and_leave_the_target_as_it_was():
    plain = verbs.tool("wc")
    more = plain.options(cpu=2).options(memory="1GB")
    assert plain._options == {}
    assert more._options == {"cpu": 2, "memory": "1GB"}
    assert verbs.options(cpu=1).target(more)._options == {"cpu": 1, "memory": "1GB"}


def test_handles_paths_and_single_values_are_written_as_the_api_wants_them():
    class Handle:
        id = "the-id"

    wire = targets.to_wire({"after": Handle(), "inputs": Path("a.csv"), "outputs": ["*.csv"]})
    assert wire == {"after": ["the-id"], "inputs": ["a.csv"], "outputs": ["*.csv"]}


def test_every_submit_has_a_key_of_its_own_unless_one_is_given():
    target = verbs.tool("wc")
    assert target._keyed().key != target._keyed().key
    assert target.options(key="mine")._keyed().key == "mine"


def test_the_first_parameter_of_a_command_is_its_first_placeholder():
    assert verbs.command(["wc", "{text}", "{other}"])._first() == "text"
    with pytest.raises(InvalidRequest, match="no first parameter"):
        verbs.command(["wc"])._first()


def test_arguments_of_a_tool_have_names():
    with pytest.raises(InvalidRequest, match="by name"):
        verbs.tool("wc")._arguments(("data.txt",), {}, {})


def test_a_command_in_one_text_is_told_how_it_is_written():
    with pytest.raises(InvalidRequest) as refused:
        verbs.tool("ls -l data/a.txt")
    assert "['ls', '-l', 'data/a.txt']" in refused.value.hint


def test_only_tools_have_forms():
    with pytest.raises(InvalidRequest, match="no form for a command"):
        verbs.command(["wc"]).form()
