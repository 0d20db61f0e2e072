from __future__ import annotations

from types import SimpleNamespace

import jobs_ext as jx
from jobs_ext.widgets.panel import Panel


def asking(panel, monkeypatch):
    """Return what asks the panel something as a browser does, and returns what it answers."""
    answers = []
    monkeypatch.setattr(panel, "send", answers.append)

    def ask(**content):
        panel._handle_custom_msg(content, [])
        return answers.pop() if answers else None

    return ask


def test_a_page_without_rights_acts_by_the_kernel_and_hears_what_is_wrong(client, monkeypatch):
    job = jx.options(hold=True).submit(["true"])
    panel = Panel(job)
    ask = asking(panel, monkeypatch)
    assert ask(action="refresh") is None
    told = ask(action="cancel", kind="job", id=job.id, call="1")
    assert told == {"done": "1", "problem": ""}
    assert panel.snapshot["status"] == "CANCELLED"
    told = ask(action="reset", kind="job", id=job.id, call="2")
    assert told["done"] == "2"
    assert "CANCELLED" in told["problem"]


def test_where_nothing_runs_it_is_a_table(client, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda one, **_how: shown.append(one))
    job = jx.options(hold=True, name="<late>").submit(["true"])
    Panel()._ipython_display_()
    assert shown[0]["text/plain"] == "Jobs: run the cell to see how things stand."
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
    assert "<summary>Jobs on 2" in shown[1].data
    assert "<td>&lt;late&gt;</td><td>PENDING</td>" in shown[1].data
    Panel(job)._ipython_display_()
    assert shown[2]["text/plain"].startswith("Job <late>: run")
    assert "<summary>Job &lt;late&gt; on 2" in shown[3].data
    assert "<b>&lt;late&gt;</b> PENDING" in shown[3].data


def test_a_table_never_replaces_a_variable_that_is_not_its_own(client):
    panel = Panel(jx.options(hold=True).submit(["true"]))
    variables = {"wc": 1, "wc_2": 2, "mine": 3}
    panel._taken.add("mine")
    assert [panel._free(one, variables) for one in ("wc", "mine", "new")] == ["wc_3", "mine", "new"]


def test_a_name_that_python_keeps_for_itself_gets_a_mark(client, monkeypatch):
    panel = Panel()
    shell = SimpleNamespace(user_ns={})
    monkeypatch.setattr("jobs_ext.widgets.panel.get_ipython", lambda: shell)
    job = jx.submit(lambda: [{"a": 1}]).wait(60)
    ask = asking(panel, monkeypatch)
    told = ask(action="take", id=job.id, name="lambda")
    assert told["text"] == "lambda_ is a DataFrame now, 1 × 1."
    assert list(shell.user_ns) == ["lambda_"]
