# %% submit
import os

import requests

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


job = submit(0)
# %% collect
import time

while (told := session.get(f"{url}/{job}").json())["status"] != "FAILED":
    time.sleep(0.5)
answer = told["status_message"]
# %% again
import os

import requests

url = os.environ["SERVER"] + "scheduler/jobs"
session = requests.Session()
session.headers["Authorization"] = "token " + os.environ["TOKEN"]
newest = {"sort_by": "desc(create_time)", "max_items": 1}
job = session.get(url, params=newest).json()["jobs"][0]["job_id"]
