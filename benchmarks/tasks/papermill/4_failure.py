# %% submit
import subprocess

running = subprocess.Popen(["papermill", "report.ipynb", "failed.ipynb", "-p", "n", "0"])
# %% collect
import nbformat

assert running.wait() != 0
cells = nbformat.read("failed.ipynb", 4).cells
errors = [one for cell in cells for one in cell.get("outputs", []) if one.output_type == "error"]
answer = f"{errors[0].ename}: {errors[0].evalue}"
# %% again
import time
from pathlib import Path

import nbformat

while not Path("failed.ipynb").exists() or '"end_time": null' in Path("failed.ipynb").read_text():
    time.sleep(0.2)
cells = nbformat.read("failed.ipynb", 4).cells
errors = [one for cell in cells for one in cell.get("outputs", []) if one.output_type == "error"]
answer = f"{errors[0].ename}: {errors[0].evalue}"
