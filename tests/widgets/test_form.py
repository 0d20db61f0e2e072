from __future__ import annotations

import sys
from datetime import date, datetime
from typing import Annotated, Literal

import nbformat
import pytest
from comm.base_comm import BaseComm
from nbformat.v4 import new_code_cell, new_notebook

import jobs_ext as jx
from jobs_ext.widgets.panel import Panel
from tests.client.kinds import Pair, Point
from tests.waiting import until

TOOL = """
name = "repeat"
title = "Repeat <it>"
command = ["echo", "{word}", "{times}", "{share}"]

[parameters.word]
type = "string"
minLength = 2

[parameters.times]
type = "integer"
minimum = 1
maximum = 9
default = 3

[parameters.share]
type = "number"
"""


@pytest.fixture
def form(server, client):
    (server.work / "tools").mkdir(exist_ok=True)
    (server.work / "tools" / "repeat.toml").write_text(TOOL)
    (server.work / "data.txt").write_text("a b\n")
    return jx.form("repeat")


def test_a_filled_in_form_becomes_a_job(form):
    heard = []
    form.on_submit(heard.append)
    form.fields["word"].control.value = "hi"
    form.fields["share"].control.value = "0.5"
    form._button.click()
    assert form.job is not None
    assert form.jobs == heard == [form.job]
    assert form.job.wait(60).status == "SUCCEEDED"
    assert form.job.logs() == "hi 3 0.5\n"
    assert isinstance(form._below.children[0], Panel)
    assert form._below.children[0].watch == {"kind": "job", "id": form.job.id}


def test_where_no_widget_can_be_drawn_a_sentence_stands(form, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda one, **_how: shown.append(one))
    form._ipython_display_()
    assert shown[0]["text/plain"] == "The form of Repeat <it>: run its cell to use it."
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
    assert "Values of Repeat &lt;it&gt;" in shown[1].data


def test_the_servers_own_complaint_stands_beside_the_field(form):
    form.fields["word"].control.value = "x"
    form.fields["share"].control.value = "0.5"
    assert form.submit() is None
    assert "⚠ &#x27;x&#x27; is too short" in form.fields["word"].complaint
    assert form.fields["times"].complaint == ""
    assert "Not submitted. Please look at: word." in form._said.value
    assert form.job is None
    form.fields["word"].control.value = "long enough"
    assert form.submit() is not None
    assert form.fields["word"].complaint == ""


def test_all_that_is_missing_or_unreadable_is_told_at_its_place(form):
    form.fields["share"].control.value = "half"
    assert form.submit() is None
    assert "This is needed" in form.fields["word"].complaint
    assert "not a number" in form.fields["share"].complaint
    assert form.fields["times"].complaint == ""


def test_a_vanished_input_file_is_named_at_its_place(form):
    wc = jx.form("wc")
    wc.fields["text"].control.value = "no.txt"
    assert wc.submit() is None
    assert "no.txt" in wc.fields["text"].complaint


def test_an_unknown_tool_has_no_form(client):
    with pytest.raises(jx.errors.NotFound):
        jx.form("wcc")


def test_panels(client, server):
    (server.work / "data.txt").write_text("a b\n")
    job = jx.submit("wc", text="data.txt").wait(60)
    batch = jx.map(["echo", "{k}"], jx.grid(k=["1"])).wait(60)
    card = job.widget()
    assert card.snapshot["status"] == "SUCCEEDED"
    assert card.server == client.connection.info.server
    assert jx.panel(batch).snapshot["kind"] == "batch"
    panel = jx.panel()
    assert job.id in [item["id"] for item in panel.snapshot["items"]]
    assert "mount" in panel._esm
    assert "export default" in panel._esm


def test_a_page_without_a_way_to_the_server_asks_the_kernel(client):
    job = jx.submit(["sleep", "600"])
    card = job.widget()
    card._asked(card, {"action": "cancel", "kind": "job", "id": job.id}, [])
    job.wait(60)
    card._asked(card, {"action": "refresh"}, [])
    assert card.snapshot["status"] == "CANCELLED"


def test_what_is_typed_is_looked_at_by_the_server(form):
    form.fields["word"].control.value = "x"
    told = until(lambda: form.fields["word"].complaint, what="the server to complain")
    assert "too short" in told
    assert form.fields["share"].complaint == ""
    form.fields["word"].control.value = "long enough"
    until(lambda: form.fields["word"].complaint == "", what="the complaint to go")


def test_several_values_are_looked_at_while_they_are_typed(form):
    times = form.fields["times"]
    form._sweep.value = True
    form.swept["times"].control.value = "1, 3, 12"
    told = until(lambda: times.complaint, what="the server to complain")
    assert "12 is greater than the maximum of 9" in told
    form.swept["times"].control.value = "1..9"
    until(lambda: times.complaint == "", what="the complaint to go")
    form.swept["times"].control.value = "-5000..9"
    until(lambda: "-5000 is less" in times.complaint, what="the first of many to be looked at")
    form._sweep.value = False
    until(lambda: times.complaint == "", what="what does not count to be no complaint")


def test_several_lists_make_a_batch(form):
    def total(values: list[int]) -> int:
        return sum(values)

    lists = jx.form(total)
    lists._sweep.value = True
    lists.swept["values"].control.value = "[1], [2, 3]"
    assert lists._button.description == "Submit 2 jobs"
    assert "jx.grid(values=[[1], [2, 3]])" in lists.code()
    assert [job.result() for job in lists.submit().wait(60)] == [1, 5]


def test_several_values_make_a_batch(form):
    form.fields["word"].control.value = "hi"
    form.fields["share"].control.value = "0.5"
    assert form.swept["times"].control.layout.display == "none"
    assert form.fields["times"].control.layout.display is None
    form._sweep.value = True
    assert form.swept["times"].control.layout.display == ""
    form.swept["times"].control.value = "1..3"
    form.swept["word"].control.value = "aa, bb"
    assert form._button.description == "Submit 6 jobs"
    assert form.code().endswith(
        "batch = jx.map('repeat', jx.grid(word=['aa', 'bb'], times=[1, 2, 3]), share=0.5)"
    )
    heard = []
    form.on_submit(heard.append)
    batch = form.submit()
    assert (form.batch, form.job, heard) == (batch, None, [batch])
    assert len(batch) == 6
    assert {job.arguments["word"] for job in batch} == {"aa", "bb"}
    form.swept["times"].control.value = "8..10"
    assert form.submit() is None
    assert "10 is greater than the maximum of 9" in form.fields["times"].complaint
    form.swept["times"].control.value = "3..1"
    assert "no range" in form.fields["times"].complaint
    form._sweep.value = False
    assert form._button.description == "Submit"


def test_options_are_folded_away_and_complain_at_their_place(form):
    form.fields["word"].control.value = "hi"
    form.fields["share"].control.value = "1"
    assert form.options.selected_index is None
    form.options.fields["memory"].control.value = "much"
    assert form.submit() is None
    assert "expected a size" in form.options.fields["memory"].complaint
    assert form.options.selected_index == 0
    form.options.fields["memory"].control.value = "1GB"
    form.options.fields["name"].control.value = "mine"
    assert form.submit().name == "mine"
    assert "jx.options(name='mine', memory='1GB').submit(" in form.code()


def test_what_is_folded_away_is_made_when_it_is_opened(client, monkeypatch):
    """Jupyter loses some of thousands of messages at once: a form is few."""
    sent = []

    class Counting(BaseComm):
        def publish_msg(self, msg_type, **content):
            sent.append(msg_type)

    monkeypatch.setattr("comm.create_comm", Counting)
    form = jx.form("wc")
    assert len(sent) < 100
    assert not form.options.children[0].children
    form.options.selected_index = 0
    assert len(form.options.children[0].children) == len(form.options.fields)


def test_last_values_are_those_of_the_newest_job(form):
    jx.submit("repeat", word="before", times=7, share=2)
    again = jx.form("repeat")
    again.use_last()
    assert again.arguments() == {"word": "before", "times": 7, "share": 2}


def test_a_form_of_a_function(client, server):
    def grow(frame, depth: int, until: date, mode: Literal["slow", "fast"] = "fast"):
        """Grow.

        Args:
            depth: How deep.
        """
        return [frame, depth, until.year, mode]

    form = jx.form(grow, frame=[1, 2])
    assert list(form.fields) == ["depth", "until", "mode"]
    form.fields["depth"].control.value = "4"
    form.fields["until"].control.value = date(2026, 11, 22)
    assert form.code().endswith(
        "jx.submit(grow, frame=[1, 2], depth=4, until=_datetime.date(2026, 11, 22), mode='fast')"
    )
    job = form.submit()
    assert job.result(60) == [[1, 2], 4, 2026, "fast"]


def test_a_function_gets_values_of_its_own_types_and_so_does_what_is_copied(client, monkeypatch):
    def gather(at: Point, pair: Pair, when: datetime, of: int | Point | None = 3, **named):
        return [type(one).__name__ for one in (at, pair, when, of)] + [isinstance(at, Point)]

    form = jx.form(gather)
    form.fields["at"].fill({"x": -1})
    form.fields["pair"].fill({"left": 2, "colour": "BLUE"})
    form.fields["when"].control.value = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001
    assert form.submit() is None
    assert "x is left of all" in form.fields["at"].complaint
    form.fields["at"].fill({"x": 1})
    form.fields["of"].fill({"x": 5})
    told = ["Point", "Pair", "datetime", "Point", True]
    assert form.submit().result(60) == told
    scope = {"gather": gather, "tests": sys.modules["tests"]}
    exec(form.code(), scope)
    assert scope["job"].result(60) == told
    again = jx.form(gather)
    again.use_last()
    held = {"x": 1, "seen": "2026-01-02", "near": []}
    assert again.arguments() == {
        "at": held,
        "pair": {"left": 2, "colour": "BLUE"},
        "when": "2026-01-02T03:04:05",
        "of": held | {"x": 5},
    }


def test_numbers_of_a_function_are_looked_at_where_they_are_typed(client):
    def grow(depth: Annotated[int, {"minimum": 1}], share: Annotated[float, {"maximum": 1}] = 2):
        pass

    form = jx.form(grow)
    form.fields["depth"].control.value = "0"
    told = until(lambda: form.fields["depth"].complaint, what="the complaint")
    assert "0 is less than the minimum of 1" in told
    assert form.submit() is None
    assert "2 is greater than the maximum of 1" in form.fields["share"].complaint


def test_a_command_has_no_form(client):
    with pytest.raises(jx.errors.InvalidRequest, match="no form for a command"):
        jx.form(["echo", "1"])


def test_a_saved_form_tells_its_values_without_script_or_style(form):
    form.fields["word"].control.value = "<b>"
    told = form.html()
    assert "<td>&lt;b&gt;</td>" in told
    assert "style" not in told
    assert "script" not in told


def test_a_notebook_has_a_form_of_the_parameters_of_its_cell(client, server, monkeypatch):
    cells = [
        new_code_cell("k: int = 2  # how many\nname = 'x'", metadata={"tags": ["parameters"]}),
        new_code_cell("import jobs_ext as jx; jx.output(said=name * k)"),
    ]
    nbformat.write(new_notebook(cells=cells), server.work / "asked.ipynb")
    monkeypatch.chdir(server.work)
    form = jx.form("./asked.ipynb")
    form.fields["k"].fill(3)
    assert "jx.submit('./asked.ipynb', k=3, name='x')" in form.code()
    form._button.click()
    assert form.job.result(60) == {"said": "xxx"}
    assert jx.notebook("./asked.ipynb").newest() == {"k": 3, "name": "x"}
