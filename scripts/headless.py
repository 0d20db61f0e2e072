"""Run a notebook in a kernel that a server has started, keeping the outputs as Lab would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, output_from_msg

START_TIMEOUT = 120  # seconds
CELL_TIMEOUT = 900
OUTPUTS = frozenset({"stream", "display_data", "execute_result", "error"})


class CellFailed(Exception):
    """A cell raised; says which error."""


class HeadlessNotebook:
    """A notebook on one kernel: a context manager that connects and disconnects."""

    def __init__(self, connection_file: Path, notebook: NotebookNode) -> None:
        self.notebook = notebook
        self._kernel = BlockingKernelClient(connection_file=str(connection_file))
        self._shown: dict[str, list[NotebookNode]] = {}
        self._count = 0

    def __enter__(self) -> HeadlessNotebook:
        """Connect and wait for the kernel."""
        self._kernel.load_connection_file()
        self._kernel.start_channels()
        self._kernel.kernel_info(reply=True, timeout=START_TIMEOUT)  # its heart may not beat yet
        self._kernel.wait_for_ready(timeout=START_TIMEOUT)
        return self

    def __exit__(self, *_exception: object) -> None:
        """Leave the kernel to its server."""
        self._kernel.stop_channels()

    def execute(self, index: int) -> None:
        """Run the code cell at `index`, filling in its outputs; raises CellFailed."""
        cell = self.notebook.cells[index]
        cell.outputs = []
        self._count += 1
        cell.execution_count = self._count
        reply = self._kernel.execute_interactive(
            cell.source,
            allow_stdin=False,
            timeout=CELL_TIMEOUT,
            output_hook=lambda message: self._keep(cell, message),
        )
        content = reply["content"]
        if content["status"] != "ok":
            raise CellFailed(f"{content.get('ename')}: {content.get('evalue')}")

    def _keep(self, cell: NotebookNode, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        display = content.get("transient", {}).get("display_id")
        if kind == "update_display_data":
            for output in self._shown.get(display, []):
                output.data, output.metadata = content["data"], content["metadata"]
        elif kind in OUTPUTS:
            output = output_from_msg(message)
            cell.outputs.append(output)
            self._shown.setdefault(display, []).append(output)


def code_cells(notebook: NotebookNode) -> list[int]:
    """Return the positions of the cells to run."""
    return [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source]


def with_parameters(notebook: NotebookNode, values: dict[str, str]) -> NotebookNode:
    """Return `notebook` with a cell that sets `values` after the cell tagged ``parameters``."""
    tagged = next(
        i for i, c in enumerate(notebook.cells) if "parameters" in c.metadata.get("tags", [])
    )
    source = "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())
    injected = new_code_cell(source, metadata={"tags": ["injected-parameters"]})
    notebook.cells.insert(tagged + 1, injected)
    return notebook


def heading(notebook: NotebookNode, index: int) -> str:
    """Return the nearest heading above the cell at `index`, or ``""``."""
    for cell in reversed(notebook.cells[:index]):
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            return str(cell.source.splitlines()[0].lstrip("# "))
    return ""


def plain_text(cell: NotebookNode) -> str:
    """Return what the cell printed and showed, as text, each line indented."""
    texts = [
        output.text if output.output_type == "stream" else output.data.get("text/plain", "")
        for output in cell.outputs
        if output.output_type != "error"
    ]
    return "".join(f"    {line}\n" for text in texts for line in text.splitlines())
