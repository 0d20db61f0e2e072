"""What one sees when kernels and servers are killed, in JupyterLab and Notebook 7."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.gallery import APPS
from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage, badge, picture

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

JOB = """import jobs_ext as jx, os
script = 'echo started; while [ ! -e {signal} ]; do sleep 0.05; done; echo ended'
job = jx.options(name='{name}').submit(jx.command(['sh', '-c', script]))
print('kernel', os.getpid())
job"""
BATCH = """def wait(k):
    import os, time
    while not os.path.exists('{signal}'): time.sleep(.05)
jx.options(name='{name}-many').map(wait, [1, 2])"""
PANEL = "jx.panel()"


class Seen:
    """The places of a page in which jobs under way are seen: a card, that of a batch, a panel."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        cell = page.locator(".jp-Notebook .jp-CodeCell")
        self.cards = [cell.nth(number).locator(".jx-card") for number in (0, 1)]
        self.row = cell.nth(2).locator(".jx-grid-row").filter(has_text=name).last

    def have(self, status: str) -> None:
        """Wait until all of them tell this."""
        for card in self.cards:
            badge(card, status)
        expect(self.row).to_have_attribute("data-status", status, timeout=PATIENCE)

    def are_away(self) -> None:
        """Wait until all of them say that the server is away; they offer nothing meanwhile."""
        views = self.page.locator(".jp-CodeCell .jx-away")
        expect(views).to_have_count(3, timeout=PATIENCE)
        expect(views.get_by_text("The server does not answer.")).to_have_count(3)
        expect(views.get_by_role("button", name="Cancel")).to_have_count(0)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server that may be killed, and finds its port again: below those that systems give away."""
    port = random.randrange(20_000, 30_000)
    with Lab(tmp_path_factory.mktemp("killed"), port=port) as lab:
        yield lab


@pytest.fixture(autouse=True)
def closed(context: BrowserContext) -> Iterator[None]:
    """Close the tabs of each test: they would go on asking in the next one."""
    yield
    for page in context.pages:
        page.close()


def begun(context: BrowserContext, lab: Lab, name: str) -> tuple[NotebookPage, list[Seen]]:
    """Run jobs that wait for a file `go-NAME`; return JupyterLab, and what both pages show."""
    cells = [one.format(name=name, signal=f"go-{name}") for one in (JOB, BATCH, PANEL)]
    path = lab.write_notebook(f"{name}.ipynb", *cells)
    tabs = {app: NotebookPage(context.new_page(), lab, place) for app, place in APPS.items()}
    tabs["lab"].open(path)
    tabs["lab"].run_all()
    Seen(tabs["lab"].page, name).have("RUNNING")
    tabs["lab"].save()
    tabs["notebook"].open(path)
    seen = [Seen(tab.page, name) for tab in tabs.values()]
    for one in seen:
        one.have("RUNNING")
    return tabs["lab"], seen


def test_without_the_kernel_all_goes_on(context: BrowserContext, lab: Lab) -> None:
    notebook, seen = begun(context, lab, "first")
    pid = int(notebook.outputs.get_by_text("kernel ").inner_text().split()[1])
    os.kill(pid, signal.SIGKILL)
    (lab.root / "go-first").touch()
    for one in seen:
        one.have("SUCCEEDED")
    notebook.page.get_by_role("dialog").get_by_role("button", name="Ok").click(timeout=PATIENCE)
    panel = notebook.page.locator(".jp-Notebook .jp-CodeCell").last
    panel.get_by_label("Filter jobs by name or expression").fill("first-many")
    panel.get_by_role("button", name="Put the table of first-many[1]").click(timeout=PATIENCE)
    expect(panel).to_contain_text("no longer knows this: run its cell again", timeout=PATIENCE)


def test_after_the_server_was_killed_all_of_it_catches_up(
    context: BrowserContext, lab: Lab
) -> None:
    _, seen = begun(context, lab, "second")
    lab.kill()
    for one in seen:
        one.are_away()
    (lab.root / "go-second").touch()
    lab.restart()
    for one in seen:
        one.have("SUCCEEDED")


def test_a_network_that_comes_back(context: BrowserContext, lab: Lab) -> None:
    _, seen = begun(context, lab, "third")
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.set_offline(True)
    for one in seen:
        one.are_away()
    (lab.root / "go-third").touch()
    context.set_offline(False)
    for one in seen:
        one.have("SUCCEEDED")
    assert sum("jobs-ext" in url for url in asked) < 60, asked


FORM = """import jobs_ext as jx, os
def double(k: int = 2): return 2 * k
print('kernel', os.getpid())
jx.form(double)"""


@pytest.mark.parametrize("how", ["killed", "restarted"])
def test_a_form_says_that_its_kernel_is_another_one(
    context: BrowserContext, lab: Lab, how: str
) -> None:
    notebook = NotebookPage(context.new_page(), lab)
    notebook.open(lab.write_notebook(f"form-{how}.ipynb", FORM))
    notebook.run_all()
    submit = notebook.page.get_by_role("button", name="Submit")
    submit.click(timeout=PATIENCE)
    expect(notebook.page.locator(".jx-card")).to_be_visible(timeout=PATIENCE)
    said = notebook.page.get_by_text("no longer knows this form: run its cell again")
    expect(said).to_have_count(0)
    if how == "killed":
        pid = int(notebook.outputs.get_by_text("kernel ").inner_text().split()[1])
        os.kill(pid, signal.SIGKILL)
        notebook.page.get_by_role("dialog").get_by_role("button", name="Ok").click(timeout=PATIENCE)
    else:
        notebook.execute("kernelmenu:restart")
        notebook.page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    expect(said).to_be_visible(timeout=PATIENCE)
    picture(notebook.page, f"form-kernel-{how}")
    notebook.page.locator(".jx-card").get_by_role("button", name="Run again").click()
    badge(notebook.page.locator(".jx-card"), "SUCCEEDED")
    notebook.run_all()
    expect(said).to_have_count(0, timeout=PATIENCE)
    submit.click(timeout=PATIENCE)
    expect(notebook.page.locator(".jx-card")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("app", APPS)
def test_a_panel_in_a_notebook_that_was_saved(context: BrowserContext, lab: Lab, app: str) -> None:
    notebook = NotebookPage(context.new_page(), lab, APPS[app])
    job = f"import jobs_ext as jx\njx.options(name='saved-{app}').submit(['true']).wait(60)"
    notebook.open(lab.write_notebook(f"saved-{app}.ipynb", job, PANEL))
    notebook.run_all()
    live = notebook.page.locator(".jp-Notebook .jx-grid-row").filter(has_text=f"saved-{app}")
    expect(live).to_be_visible(timeout=PATIENCE)
    told = notebook.page.get_by_text("Jobs on 2")
    expect(told).to_have_count(1)
    expect(told).to_be_hidden()
    notebook.save()
    notebook.execute("kernelmenu:restart")
    notebook.page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    notebook.reload()
    told.click(timeout=PATIENCE)
    row = notebook.page.locator(".jp-Notebook").get_by_role("row").filter(has_text=f"saved-{app}")
    expect(row).to_contain_text("SUCCEEDED")
    expect(notebook.page.get_by_text("Error displaying widget")).to_be_hidden()
    picture(notebook.page, f"panel-saved-{app}")
