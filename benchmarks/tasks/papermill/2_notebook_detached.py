# %% submit
import subprocess

from tasks import VALUES

command = ["setsid", "-f", "papermill", "report.ipynb", "out-{}.ipynb", "-p", "n", "{}"]
for n in VALUES:
    words = [word.format(n) for word in command]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
# %% collect
import time

import nbformat


def finished(n):
    while True:
        try:
            notebook = nbformat.read(f"out-{n}.ipynb", 4)
            if notebook.metadata.papermill.end_time:
                return notebook
        except (FileNotFoundError, nbformat.reader.NotJSONError):  # it is just being written
            pass
        time.sleep(0.2)


notebooks = [finished(n) for n in VALUES]
answer = [int(one.cells[-1].outputs[0].data["text/plain"]) for one in notebooks]
# %% again
from tasks import VALUES
