"""Whatever jobs and notebooks say is text: nothing of it runs, or asks anything of other hosts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, expect

from jobs_ext.model.view import MIME
from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage, badge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

OWN = "window.owned=1"
FAR = "http://far.invalid/"
EVIL = f"<img src=x onerror=\"{OWN}\"><img src='{FAR}i'><script>{OWN}</script>"

JOB = f"""import jobs_ext as jx
EVIL = {EVIL!r}
def hostile(x=EVIL):
    import os, pathlib
    out = pathlib.Path(os.environ["JOBS_OUTPUT_DIR"])
    (out / "page.html").write_text(
        EVIL + '<body onload="top.owned=1"><link rel=stylesheet href={FAR}>')
    (out / "i.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="top.owned=1">'
        '<image href="{FAR}s"/><script>top.owned=1</script></svg>')
    (out / "t.csv").write_text("a,b\\n=cmd|' /C calc'!A0," + EVIL.replace(",", ""))
    (out / "m.md").write_text("[x](javascript:{OWN}) " + EVIL)
    (out / "<b onclick={OWN}>.txt").write_text(EVIL)
    print(EVIL, "\\x1b[31m\\x1b]8;;javascript:{OWN}\\x07link\\x07", "\\x00\\x08", "y" * 100_000)
    raise ValueError(EVIL)
hostile.__doc__ = EVIL + "\\n\\nArgs:\\n    x: " + EVIL
job = jx.options(name=EVIL).submit(hostile)
job"""
BATCH = "jx.options(name=EVIL).map(hostile, [EVIL, EVIL * 2])"
FORM = "form = jx.form(hostile)\nform"


@pytest.fixture
def asked(page: Page, lab: Lab) -> Iterator[list[str]]:
    """What the page asks of others than its server; nothing of it may be, nor run."""
    far: list[str] = []

    def note(request: Request) -> None:
        here = request.url.startswith((lab.url, "data:", "blob:", "about:"))
        if not here and request.failure != "csp":  # what the frame's policy stops is never sent
            far.append(f"{request.url} {request.failure}")

    page.on("requestfinished", note)
    page.on("requestfailed", note)
    yield far
    assert far == []
    assert page.evaluate("window.owned") is None


def test_what_a_job_says_is_text(notebook: NotebookPage, lab: Lab, asked: list[str]) -> None:
    page = notebook.page
    notebook.open(lab.write_notebook("hostile.ipynb", JOB, BATCH, FORM, "jx.panel()", "jx.jobs()"))
    notebook.show_panel()
    notebook.run_all()
    card, batch = notebook.card.nth(0), notebook.card.nth(1)
    badge(card, "FAILED")
    badge(batch, "FAILED")
    expect(card.locator(".jx-title")).to_have_text(EVIL)
    expect(card.locator(".jx-reason")).to_contain_text(EVIL)
    toast = page.locator(".Toastify__toast").filter(has_text=EVIL)
    expect(toast).not_to_have_count(0, timeout=PATIENCE)
    card.get_by_text("Log", exact=True).click()
    expect(card.locator(".jx-log").first).to_contain_text("window.owned", timeout=PATIENCE)
    for name in ("page.html", "i.svg", "t.csv", "m.md", f"<b onclick={OWN}>.txt"):
        card.get_by_label(f"Preview {name}").click()
        expect(card.locator(".jx-preview > *")).not_to_have_count(0, timeout=PATIENCE)
    form = page.locator(".jx-filled-in")
    expect(form).to_contain_text(EVIL, timeout=PATIENCE)
    form.get_by_role("button", name="Submit").click()
    expect(form.locator(".jx-card .jx-title")).not_to_have_count(0, timeout=PATIENCE)
    expect(page.locator(".jx-grid-row").first).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(300)  # for what would have been loaded


def deep(levels: int) -> str:
    """Return JSON that is deep."""
    return "[" * levels + "]" * levels


def forged() -> Iterator[dict[str, object]]:
    """Yield what notebooks may claim to be jobs of this server."""
    job = {"kind": "job", "id": "019a9f00-0000-7000-8000-0000000000{:02}", "title": EVIL}
    yield job | {"status": EVIL, "tone": 'good" onload=x', "target": {"kind": EVIL, "name": [1]}}
    yield job | {"outputs": [{"name": f"../../{EVIL}", "size": 1e308, "media_type": EVIL}] * 40}
    yield job | {"actions": ["toString", "__proto__", "constructor", EVIL], "href": FAR, "url": FAR}
    yield job | {"arguments": {"0": EVIL}, "steps": [None, 1, EVIL], "progress": {"fraction": -1e9}}
    yield job | {
        "created": EVIL,
        "started": "9" * 400,
        "stopped": {},
        "final": "yes",
        "duration": [],
    }
    yield job | {"log_tail": EVIL * 20_000, "more": json.loads(deep(300))}
    yield job | {
        "kind": "batch",
        "counts": {EVIL: 1, "FAILED": "NaN"},
        "failed": [{"reason": EVIL}],
    }
    yield {"kind": "jobs", "items": [job, None, 5, EVIL, {"kind": "jobs", "items": [job]}]}
    yield {"kind": "jobs", "items": {"length": 1e9}}


def test_a_forged_notebook_is_shown_as_what_it_is(
    notebook: NotebookPage, lab: Lab, asked: list[str]
) -> None:
    server = lab.ask("GET", "jobs-ext/api/v1/")["server"]
    bundles = [
        json.loads(json.dumps(one).replace("{:02}", f"{n:02}")) for n, one in enumerate(forged())
    ]
    outputs = [{MIME: {"version": 1, "server": server, "view": view}} for view in bundles]
    outputs += [{MIME: wrong} for wrong in (None, 5, [], EVIL, {"version": 1, "server": {}})]
    polluted = json.loads('{"__proto__": {"owned": 1}, "constructor": {"prototype": {"owned": 1}}}')
    outputs += [{MIME: {"version": 1, "server": FAR, "view": bundles[0] | polluted}}]
    notebook.open(
        lab.write_outputs("forged.ipynb", [{**one, "text/plain": "job"} for one in outputs])
    )
    labels = notebook.outputs.locator(".jx-label")
    expect(labels.get_by_text("no longer")).to_have_count(7, timeout=PATIENCE)
    expect(labels.get_by_text("Ran elsewhere")).to_have_count(1)
    expect(notebook.outputs.get_by_text("not a job")).to_have_count(5)
    for word in ("button", "link"):
        expect(notebook.outputs.get_by_role(word)).to_have_count(0)
    assert notebook.page.evaluate("({}).owned") is None
