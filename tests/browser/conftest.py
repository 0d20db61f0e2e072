"""One JupyterLab and one Chromium for each module."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(autouse=True)
def jp_asyncio_loop() -> None:
    """Do without pytest-jupyter's loop, which can't live beside Playwright's."""


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """Nothing to clean up: no server in this process."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    assert program, 'no Chromium here: install one, or leave these out with -m "not browser"'
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for the module, so that JupyterLab comes from the cache after the first test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, device_scale_factor=1.5)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    ours = [problem for problem in problems if "jobs-ext" in problem or "jx-" in problem]
    assert not ours, ours


@pytest.fixture
def notebook(page: Page, lab: Lab) -> NotebookPage:
    """A tab for JupyterLab."""
    return NotebookPage(page, lab)
