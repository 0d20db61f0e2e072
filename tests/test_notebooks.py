"""Every example notebook, from top to bottom, on one real server: it shows what was committed."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

from tests.notebooks import lasting
from tests.serving import IPC

REPOSITORY = Path(__file__).parents[1]
NOTEBOOKS = REPOSITORY / "notebooks"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def scripts():
    """The modules that ``make demo`` runs notebooks with."""
    sys.path.insert(0, str(REPOSITORY / "scripts"))
    import headless
    import private_server

    yield headless, private_server
    sys.path.remove(str(REPOSITORY / "scripts"))


@pytest.fixture(scope="module")
def server(scripts):
    """A server whose root is a copy of the folder, so that nothing is written into that."""
    with tempfile.TemporaryDirectory(prefix="jx-") as folder:
        root = Path(folder) / "notebooks"
        shutil.copytree(NOTEBOOKS, root)
        with scripts[1].PrivateServer(Path(folder), root=root, options=(IPC,)) as server:
            yield server


@pytest.mark.parametrize("name", sorted(path.name for path in NOTEBOOKS.glob("*.ipynb")))
def test_it_runs_and_shows_what_was_committed(server, scripts, name):
    headless, _ = scripts
    committed = nbformat.read(NOTEBOOKS / name, as_version=4)
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    with headless.HeadlessNotebook(server.start_kernel(name), notebook) as running:
        for index in headless.code_cells(notebook):
            running.execute(index)
    server.end_kernels()
    for shown, expected in zip(notebook.cells, committed.cells, strict=True):
        if shown.cell_type == "code":
            assert lasting(shown) == lasting(expected), shown.source
