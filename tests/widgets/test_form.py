from __future__ import annotations

import pytest

import jobs_ext as jx
from jobs_ext.widgets.panel import Panel

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


def test_the_servers_own_complaint_stands_beside_the_field(form):
    form.fields["word"].control.value = "x"
    form.fields["share"].control.value = "0.5"
    assert form.submit() is None
    assert "⚠ &#x27;x&#x27; is too short" in form.fields["word"].complaint
    assert form.fields["times"].complaint == ""
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
