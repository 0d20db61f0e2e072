# %% submit
import subprocess

from tasks import VALUES

command = ["papermill", "report.ipynb", "out-{}.ipynb", "-p", "n", "{}"]
running = [subprocess.Popen([word.format(n) for word in command]) for n in VALUES]
# %% collect
import nbformat

assert [one.wait() for one in running] == [0] * len(VALUES)
notebooks = [nbformat.read(f"out-{n}.ipynb", 4) for n in VALUES]
answer = [int(one.cells[-1].outputs[0].data["text/plain"]) for one in notebooks]
# %% again
import time
from pathlib import Path

import nbformat
from tasks import VALUES


def finished(n):
    while True:
        if Path(f"out-{n}.ipynb").exists():
            notebook = nbformat.read(f"out-{n}.ipynb", 4)
            if notebook.metadata.papermill.end_time:
                return notebook
        time.sleep(0.2)


notebooks = [finished(n) for n in VALUES]
answer = [int(one.cells[-1].outputs[0].data["text/plain"]) for one in notebooks]
