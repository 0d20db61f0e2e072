# %% submit
import os

import requests

url = os.environ["SERVER"] + "scheduler/jobs"
session = requests.Session()
session.headers["Authorization"] = "token " + os.environ["TOKEN"]
(environment, *_) = session.get(url.replace("jobs", "runtime_environments")).json()
told = session.post(
    url,
    json={
        "name": "hangs",
        "input_uri": "hangs.ipynb",
        "package_input_folder": True,
        "output_formats": ["ipynb"],
        "runtime_environment_name": environment["name"],
    },
)
told.raise_for_status()
job = told.json()["job_id"]
# %% collect
import time

while session.get(f"{url}/{job}").json()["status"] == "CREATED":
    time.sleep(0.5)
session.patch(f"{url}/{job}", json={"status": "STOPPED"}).raise_for_status()
while session.get(f"{url}/{job}").json()["status"] != "STOPPED":
    time.sleep(0.5)
answer = "cancelled"
# %% again
import os

import requests

url = os.environ["SERVER"] + "scheduler/jobs"
session = requests.Session()
session.headers["Authorization"] = "token " + os.environ["TOKEN"]
newest = {"sort_by": "desc(create_time)", "max_items": 1}
job = session.get(url, params=newest).json()["jobs"][0]["job_id"]
