"""Send any file to a job of Analytics Automated's API, wait, and print what it made.

``python send_file.py data/insulin.fasta --job wc``. The API is that of a server with
``JobsExtension.dialect_ports = {"analytics_automated": 8000}``; for another one give ``--root``.
Who one is, is said by the token as a password in ``~/.netrc`` (``machine 127.0.0.1 login me password
TOKEN``); without it there are only tools with ``open = true``, and those at that port alone. More
words are parameters: ``task1_all=TRUE``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import requests

ROOT = "http://127.0.0.1:8000/analytics_automated"
PAUSE = 0.5  # seconds between two looks


def send(root: str, file: Path, fields: dict[str, str]) -> dict[str, Any]:
    """Submit a file, wait for the end of its jobs, and return what the API says of them."""
    with file.open("rb") as content:
        sent = {"input_data": (file.name, content)}
        answer = requests.post(f"{root}/submission.json", fields, files=sent, timeout=60)
    told = answer.json()
    if answer.status_code != requests.codes.created:
        raise SystemExit(f"{answer.status_code}: {told.get('error') or told.get('detail')}")
    while True:
        found = requests.get(f"{root}/submission/{told['UUID']}.json", timeout=60).json()
        if found["state"] not in ("Submitted", "Running"):
            return dict(found)
        time.sleep(PAUSE)


def report(root: str, found: dict[str, Any]) -> bool:
    """Print what each job made; tell whether all went well."""
    for job in found["submissions"]:
        print(f"{job['job_name']}: {job['last_message']}")
        for result in job["results"]:
            text = requests.get(root + result["data_path"], timeout=60).text
            print(f"--- step {result['step']}, {result['data_path'].rpartition('/')[2]}\n{text}")
    return bool(found["state"] == "Complete")


def main(job: str | None = None) -> int:
    """Send the file of the command line, by default to `job`; return 0 when all went well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("words", nargs="*", metavar="NAME=VALUE", help="parameters of the job")
    parser.add_argument("--job", default=job, required=job is None, help="which, several by commas")
    parser.add_argument("--email", default="nobody@example.org", help="told at the end")
    parser.add_argument("--root", default=ROOT, help=f"of the API; default {ROOT}")
    said = parser.parse_intermixed_args()
    fields = {"job": said.job, "submission_name": said.file.name[:64], "email": said.email}
    fields |= dict(word.split("=", 1) for word in said.words)
    return 0 if report(said.root, send(said.root, said.file, fields)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
