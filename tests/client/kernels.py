"""A kernel that the server under test has started, and a line to it."""

from __future__ import annotations

import requests
from jupyter_client.blocking.client import BlockingKernelClient


class Kernel:
    """A kernel that the server under test has started."""

    def __init__(self, server, name="python3", notebook=None):
        self.server = server
        root = server.url.removesuffix("jobs-ext/")
        headers = server.address.headers
        self.url = f"{root}api/kernels"
        self.session = requests.Session()
        self.session.headers.update(headers)
        self.id = self._start(root, name, notebook)
        file = server.runtime / f"kernel-{self.id}.json"
        self.client = BlockingKernelClient(connection_file=str(file))
        self.client.load_connection_file()
        self.client.start_channels()
        self.client.kernel_info(reply=True, timeout=60)  # its heart may not beat yet
        self.client.wait_for_ready(timeout=60)

    def _start(self, root, name, notebook):
        """Return the id of a new kernel: of a notebook, as JupyterLab starts it, or of none."""
        if notebook is None:
            return self.session.post(self.url, json={"name": name}, timeout=60).json()["id"]
        wanted = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": name}}
        made = self.session.post(f"{root}api/sessions", json=wanted, timeout=60).json()
        return made["kernel"]["id"]

    def run(self, code, metadata=None):
        """Run a cell, sent with `metadata`; return the messages it caused."""
        messages = []
        self.client.session.metadata = metadata or {}
        self.client.execute_interactive(code, timeout=90, output_hook=messages.append)
        return messages

    def value(self, expression):
        """Return what an expression prints."""
        said = self.run(f"print({expression})")
        assert [m["msg_type"] for m in said if m["msg_type"] == "error"] == [], said
        return "".join(m["content"]["text"] for m in said if m["msg_type"] == "stream").strip()

    def close(self):
        self.client.stop_channels()
        self.session.delete(f"{self.url}/{self.id}", timeout=60)
        self.session.close()
