"""Told when it ends: the notice, and the browser's own one where the page is hidden."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.gallery import APPS, THEMES, Gallery, finished
from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage, badge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

FAILS = """
import jobs_ext as jx
script = "while [ ! -e go-{name} ]; do sleep 0.05; done; echo no such well >&2; exit 3"
jx.options(name="{name}").submit(["sh", "-c", script])
"""
FAILED = "failed: exited with code 3: no such well"
#: The box of its text goes below its button that takes the notice away; no letter does.
JUPYTERS = ("div.jp-toast-message",)
#: Keeps what the browser is asked to tell.
KEEP = """window.told = [];
window.Notification = class extends window.Notification {
  constructor(title, options) { super(title, options); window.told.push(options.body); }
};"""
#: A browser without a window never hides a page by itself.
HIDE = "() => Object.defineProperty(document, 'hidden', { value: true })"
WANTED = "wanted => localStorage.getItem('jobs-ext:browser-notices') === wanted"


@pytest.fixture(scope="module")
def gallery(
    context: BrowserContext, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gallery]:
    context.grant_permissions(["notifications"])
    context.add_init_script(KEEP)
    with Gallery(context, lab, [], "notices", tmp_path_factory.mktemp("notices")) as gallery:
        yield gallery


@pytest.mark.parametrize("app", APPS)
def test_told_when_it_ends(gallery: Gallery, lab: Lab, app: str) -> None:
    names = [f"{app}-{when}" for when in (*THEMES, "unasked", "asked")]
    tab = gallery.tab(app)
    tab.open(lab.write_notebook(f"{app}.ipynb", *(FAILS.format(name=name) for name in names)))
    tab.run_all()
    badge(tab.card.first, "RUNNING")
    expect(tab.card).to_have_count(len(names), timeout=PATIENCE)
    for theme in THEMES:
        gallery.dress(tab, theme)
        toast = ends(tab, lab, f"{app}-{theme}")
        gallery.picture(toast, f"{app}-{theme}-notice", still=False)
        assert finished(toast, JUPYTERS) == []
        opens(tab, toast)

    tab.page.evaluate(HIDE)
    ends(tab, lab, f"{app}-unasked")
    assert tab.page.evaluate("told") == []
    tell_outside(tab, "yes")
    ends(tab, lab, f"{app}-asked")
    assert tab.page.evaluate("told") == [f"{app}-asked {FAILED}"]
    tell_outside(tab, "no")


def ends(tab: NotebookPage, lab: Lab, name: str) -> Locator:
    """Let a job end; return its notice, which tells why."""
    (lab.root / f"go-{name}").touch()
    toast = tab.page.locator(".Toastify__toast").filter(has_text=name)
    expect(toast).to_contain_text(f"{name} {FAILED}", timeout=PATIENCE)
    return toast


def opens(tab: NotebookPage, toast: Locator) -> None:
    """Open the job from its notice: a tab in JupyterLab, a dialog in Notebook 7."""
    toast.get_by_role("button", name="Open").click()
    page = tab.page.locator(".jobs-ext-page:visible")
    badge(page, "FAILED")
    expect(page.locator(".jx-log")).to_contain_text("no such well", timeout=PATIENCE)
    close = tab.page.locator(".jp-Dialog").get_by_role("button", name="Close")
    if close.count():
        close.click()
    else:
        tab.execute("application:close")
    expect(page).to_have_count(0)


def tell_outside(tab: NotebookPage, wanted: str) -> None:
    """Choose whether the browser tells, by the command that the palette has."""
    tab.execute("jobs-ext:tell-outside")
    tab.page.wait_for_function(WANTED, arg=wanted, timeout=PATIENCE)
