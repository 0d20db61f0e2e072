# %% submit
import os

import requests
from tasks import VALUES

url = os.environ["SERVER"] + "scheduler/jobs"
session = requests.Session()
session.headers["Authorization"] = "token " + os.environ["TOKEN"]
(environment, *_) = session.get(url.replace("jobs", "runtime_environments")).json()


def submit(n):
    job = {
        "name": f"report {n}",
        "input_uri": "report.ipynb",
        "package_input_folder": True,
        "parameters": {"n": n},
        "output_formats": ["ipynb"],
        "runtime_environment_name": environment["name"],
    }
    told = session.post(url, json=job)
    told.raise_for_status()
    return told.json()["job_id"]


ids = [submit(n) for n in VALUES]
# %% collect
import time
from pathlib import Path

import nbformat
from jupyter_core.paths import jupyter_data_dir


def finished(job):
    while not session.get(f"{url}/{job}").json()["end_time"]:
        time.sleep(0.5)
    folder = Path(jupyter_data_dir(), "scheduler_staging_area", job)
    return nbformat.read(next(folder.glob("report-*.ipynb")), 4)


notebooks = [finished(job) for job in ids]
answer = [int(one.cells[-1].outputs[0].data["text/plain"]) for one in notebooks]
# %% again
import os

import requests

url = os.environ["SERVER"] + "scheduler/jobs"
session = requests.Session()
session.headers["Authorization"] = "token " + os.environ["TOKEN"]
found = session.get(url, params={"sort_by": "desc(create_time)", "max_items": 4}).json()["jobs"]
ids = [job["job_id"] for job in sorted(found, key=lambda job: job["parameters"]["n"])]
