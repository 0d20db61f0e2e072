"""Analytics Automated's dialect, asked as its own clients ask: by requests, with forms."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import requests

from tests.client.live import LiveServer
from tests.receivers import Letters, mails
from tests.waiting import until

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PROTEIN = ">one\nMASNTVSAQGGSNRPVRDFSNIQDVAQFLLFDPIWNEQPGSIVPWKMNREQALAERYPELQ\n"
TOOLS = """
    name = "psipred"
    open = true
    [inputs.seq]
    validators = ["seq"]
    [[steps]]
    name = "copy"
    ordering = 3
    command = ["cat", "{seq}"]
    stdout = "a file.horiz"
    outputs = { copied = { path = "*.horiz" } }
    [[steps]]
    name = "count"
    ordering = 7
    command = ["wc", "-c", "{copied}"]
    inputs = { copied = "*.horiz" }
    stdout = "n.count"
    outputs = { number = { path = "*.count" } }
    ---
    name = "job1"
    open = true
    command = ["echo", "{task1_all}", "{task2_number}", "{word}"]
    [parameters.task1_all]
    type = "boolean"
    flag = "-n"
    [parameters.task2_number]
    type = "integer"
    [parameters.word]
    default = "none-given"
    [outputs.said]
    path = "stdout"
    ---
    name = "choose"
    command = ["echo", "{kind}", "{size}"]
    [parameters.kind]
    enum = ["quick", "slow", "a-b"]
    [parameters.size]
    type = "number"
    ---
    name = "fails"
    open = true
    [inputs.script]
    [[steps]]
    name = "first"
    ordering = 0
    command = ["true"]
    [[steps]]
    name = "second"
    ordering = 1
    command = ["sh", "{script}"]
    outputs = { table = { path = "*.csv" } }
    ---
    name = "off"
    enabled = false
    command = ["true"]
    ---
    name = "two_files"
    command = ["true"]
    [inputs.a]
    [inputs.b]
    ---
    name = "by_email"
    command = ["echo", "{email}"]
    [parameters.email]
    ---
    name = "waits"
    command = ["sleep", "600"]
"""


@pytest.fixture(scope="module")
def letters() -> Iterator[Letters]:
    with mails() as taken:
        yield taken


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def server(letters: Letters, port: int) -> Iterator[LiveServer]:
    mail = {"host": "127.0.0.1", "port": letters.port, "sender": "jobs@example.org"}
    mail["security"] = "none"
    made = LiveServer(
        f"--JobsExtension.mail={mail}",
        f"--JobsExtension.dialect_ports={{'analytics_automated': {port}}}",
        "--JobsExtension.dialect_options={'analytics_automated': {'unfinished': 12}}",
    )
    (made.work / "tools").mkdir()
    shutil.copy(NOTEBOOKS / "tools" / "residues.toml", made.work / "tools")
    for number, tool in enumerate(dedent(TOOLS).split("---\n")):
        (made.work / "tools" / f"{number}.toml").write_text(tool)
    yield made
    made.stop()


class Site:
    """The API at one address."""

    def __init__(self, root: str, headers: dict[str, str] | None = None) -> None:
        self.root = root
        self.headers = headers or {}

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.root}/{path}", headers=self.headers, timeout=30)

    def post(
        self,
        fields: dict[str, Any] | None = None,
        file: str | bytes | None = "some text\n",
        path: str = "submission/",
        **more: Any,
    ) -> requests.Response:
        plain = {"job": "job1", "submission_name": "test", "email": "ann@example.org"}
        plain |= {"task1_all": "TRUE", "task2_number": "12"} if fields is None else {}
        data = {k: v for k, v in (plain | (fields or {})).items() if v is not None}
        files = None if file is None else {"input_data": ("in.txt", file)}
        sent = {"data": data, "files": files, "headers": self.headers} | more
        return requests.post(f"{self.root}/{path}", timeout=30, **sent)

    def ended(self, answer: requests.Response) -> dict[str, Any]:
        assert answer.status_code == 201, answer.text
        uuid = answer.json()["UUID"]

        def final() -> Any:
            found = self.get(f"submission/{uuid}").json()
            return found if found["state"] not in ("Submitted", "Running") else None

        return dict(until(final, what=f"the end of {uuid}"))


@pytest.fixture(scope="module")
def site(server: LiveServer) -> Site:
    root = server.url.partition("/jobs-ext/")[0]
    token = {"Authorization": f"token {server.token}"}
    return Site(f"{root}/jobs-ext/analytics_automated", token)


@pytest.fixture(scope="module")
def guest(server: LiveServer, port: int) -> Site:
    return Site(f"http://127.0.0.1:{port}/analytics_automated")


def errors(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def test_endpoints_are_lines_that_can_be_posted(site: Site) -> None:
    lines = site.get("endpoints/").json()["jobs"]
    found = {str(re.search("&job=([^&]+)", line)): line for line in lines}
    assert len(found) == len(lines)
    job1 = next(line for line in lines if "&job=job1&" in line)
    assert job1 == (
        "/submission/&job=job1&submission_name=[STRING]&email=[EMAIL_STRING]&input_data=[FILE]"
        "&task1_all=[TRUE/FALSE]&task2_number=[VALUE]"
    )
    assert any(line.endswith("&kind=[quick/slow]&size=[VALUE]") for line in lines)
    assert not [line for line in lines if "job=off&" in line or "job=two_files&" in line]
    values = {"STRING": "a name", "EMAIL_STRING": "ann@example.org", "VALUE": "12"}
    values |= {"TRUE/FALSE": "FALSE", "quick/slow": "slow"}
    for line in lines:
        path, *pairs = line.split("&")
        fields = dict(pair.split("=") for pair in pairs)
        if fields["job"] in ("psipred", "residues", "waits", "goeburst"):
            continue
        said = {n: values.get(v.strip("[]"), v) for n, v in fields.items() if n != "input_data"}
        answer = site.post(said, path=path.lstrip("/"))
        assert answer.status_code == 201, (line, answer.text)


@pytest.mark.parametrize(
    "path", ["submission", "submission/", "submission.json", "submission/.json"]
)
def test_one_job(site: Site, letters: Letters, path: str) -> None:
    answer = site.post(path=path)
    assert list(answer.json()) == ["UUID", "submission_name"]
    assert answer.json()["submission_name"] == "test"
    shown = site.ended(answer)
    (one,) = shown["submissions"]
    assert shown["UUID"] == answer.json()["UUID"] != one["UUID"]
    assert list(one) == [
        *("submission_name", "job_name", "UUID", "state", "last_message"),
        *("email", "input_file", "results"),
    ]
    assert (one["state"], one["last_message"]) == ("Complete", "Completed job at step #1")
    assert (one["job_name"], one["email"]) == ("job1", "ann@example.org")
    (result,) = one["results"]
    assert {k: result[k] for k in ("task", "name", "message", "step")} == {
        "task": 1, "name": "job1", "message": "Result", "step": 1,
    }  # fmt: skip
    assert site.get(result["data_path"]).text == "12 none-given"
    for suffix in ("", "/", ".json", "/?format=json"):
        assert site.get(f"submission/single/{one['UUID']}{suffix}").json() == one
        assert site.get(f"submission/{shown['UUID']}{suffix}").json() == shown
    until(lambda: "ann@example.org" in letters.recipients, what="the mail")


def test_a_file_through_steps_and_back(guest: Site, port: int) -> None:
    answer = guest.post({"job": "psipred"}, PROTEIN)
    (one,) = guest.ended(answer)["submissions"]
    assert one["last_message"] == "Completed job at step #2"
    assert [(r["task"], r["name"], r["step"]) for r in one["results"]] == [
        (1, "copy", 1),
        (2, "count", 2),
    ]
    for root in (guest.root, f"http://127.0.0.1:{port}"):
        for path in (one["input_file"], one["results"][0]["data_path"]):
            assert requests.get(root + path, timeout=30).text == PROTEIN, path
    assert guest.get(one["input_file"] + "x").status_code == 404
    assert guest.get(f"submissions/{one['UUID']}/other").status_code == 404


def test_several_jobs_or_none(site: Site) -> None:
    fields = {"job": "job1,choose", "kind": "quick", "size": "1.5"}
    fields |= {"task1_all": "false", "task2_number": "7"}
    shown = site.ended(site.post(fields))
    assert [one["job_name"] for one in shown["submissions"]] == ["job1", "choose"]
    said = [site.get(one["results"][0]["data_path"]).text for one in shown["submissions"][:1]]
    assert said == ["7 none-given\n"]
    before = site.get("../api/v1/jobs?limit=500").json()["total"]
    for wrong in ("job1,nothing", "job1, choose", "job1,", "job1,off", "job1,psipred"):
        answer = site.post(fields | {"job": wrong})
        assert answer.status_code in (400, 403), wrong
    assert site.get("../api/v1/jobs?limit=500").json()["total"] == before


GOOD = {"task1_all": "TRUE", "task2_number": "12"}
LACKS = "You are missing a required parameter in your web form submission."
CODE = "Incoming data can not contain"


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"submission_name": None}, 400, "Input does not contain all required fields"),
        ({"email": None}, 400, "Input does not contain all required fields"),
        ({"job": None}, 400, "Input does not contain all required fields"),
        ({"job": "nothing"}, 400, "Job name supplied does not exist"),
        ({"job": "two_files"}, 400, "Job name supplied does not exist"),
        ({"job": "by_email"}, 400, "Job name supplied does not exist"),
        ({"job": ""}, 400, "Job name supplied does not exist"),
        ({"job": "off"}, 403, "off is present but currently disabled."),
        ({"task1_all": None}, 400, f"Required Parameter for job1 Missing.{LACKS}"),
        ({"task2_number": "1;rm"}, 400, f"{CODE} punctuation: 1;rm"),
        ({"task2_number": "-1"}, 400, f"{CODE} punctuation: -1"),
        ({"word": "while"}, 400, f"{CODE} python keywords: while"),
        ({"word": "mean"}, 400, f"{CODE} R keywords: mean"),
        ({"word": "chmod"}, 400, f"{CODE} unix commands: chmod"),
        ({"undeclared": "a b"}, 400, f"{CODE} punctuation: a b"),
        ({"task1_all": "maybe"}, 400, {"task1_all"}),
        ({"task2_number": "twelve"}, 400, {"task2_number"}),
        ({"task2_number": "1.5"}, 400, {"task2_number"}),
        ({"task2_number": "9" * 5000}, 400, {"task2_number"}),
        ({"submission_name": " "}, 400, {"submission_name"}),
        ({"submission_name": "x" * 65}, 400, {"submission_name"}),
        ({"submission_name": "a\0b"}, 400, {"submission_name"}),
        ({"email": ""}, 400, {"email"}),
        ({"email": "ann"}, 400, {"email"}),
        ({"email": "ann@example.org,bob@example.org"}, 400, {"email"}),
        ({"email": "ann@example.org?cc=bob"}, 400, {"email"}),
        ({"email": "", "submission_name": ""}, 400, {"email", "submission_name"}),
    ],
)
def test_refusals(site: Site, fields: dict[str, Any], status: int, said: Any) -> None:
    code, told = errors(site.post(GOOD | fields))
    assert code == status, told
    if isinstance(said, set):
        assert set(told["error"]) == said
    else:
        assert said in told["error"]


@pytest.mark.parametrize(
    "fields",
    [
        {"task1_all": "True"},
        {"task1_all": "false"},
        {"task2_number": "0"},
        {"word": ""},
        {"word": "1.5"},
        {"word": "LS"},
        {"undeclared": "fine"},
        {"submission_name": "while; rm -rf /"},
        {"submission_name": "x" * 64},
        {"email": "a.b+c@sub.example.org"},
    ],
)
def test_what_is_good(site: Site, fields: dict[str, Any]) -> None:
    site.ended(site.post(GOOD | fields))


def test_files_that_are_missing_empty_or_wrong(site: Site) -> None:
    required = {"error": {"input_data": ["This field is required."]}}
    assert errors(site.post(GOOD, None)) == (400, required)
    as_text = {"input_data": "text", **GOOD}
    assert errors(site.post(as_text, None)) == (400, required)
    site.ended(site.post(GOOD, b""))
    for wrong in (b"", b"ACGT" * 20, b"\xff\0" * 5000):
        code, told = errors(site.post({"job": "psipred"}, wrong))
        assert code == 400
        assert told["error"]["input_data"][0] == "Input data could not be validated"
        assert "in.txt" in told["error"]["input_data"][1]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../a b%.txt", "a%20b%25.txt"),
        ("..", "input_data"),
        ("/x/ü", "%C3%BC"),
        ("x" * 100, "x" * 100),
    ],
)
def test_names_of_files(site: Site, sent: str, kept: str) -> None:
    shown = site.ended(site.post({"job": "psipred"}, files={"input_data": (sent, PROTEIN)}))
    (one,) = shown["submissions"]
    assert (one["state"], one["input_file"].rpartition("/")[2]) == ("Complete", kept)
    assert site.get(one["input_file"].lstrip("/")).text == PROTEIN


@pytest.mark.parametrize("kind", ["text/€", "no type", "text/plain; charset=ü"])
def test_a_type_that_can_not_be_sent_back(site: Site, kind: str) -> None:
    file = ("p.txt", PROTEIN, kind)
    shown = site.ended(site.post({"job": "psipred"}, files={"input_data": file}))
    answer = site.get(shown["submissions"][0]["input_file"].lstrip("/"))
    assert (answer.status_code, answer.text) == (200, PROTEIN)
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_a_large_file_for_two_jobs(site: Site, server: LiveServer) -> None:
    fields = {"job": "psipred,residues,job1"} | GOOD
    aligned = PROTEIN + "".join(f">{n}\n{PROTEIN.splitlines()[1]}\n" for n in range(40_000))
    shown = site.ended(site.post(fields, aligned))
    assert [one["state"] for one in shown["submissions"]] == ["Complete"] * 3
    assert site.get(shown["submissions"][0]["input_file"].lstrip("/")).text == aligned
    assert site.post(fields, aligned + ">x\nM\n").status_code == 400
    parts = server.home / "data" / "jobs_ext" / "parts"
    until(lambda: not list(parts.glob(".*")), what="what is not kept to be gone")


def test_a_name_that_is_too_long(site: Site) -> None:
    answer = site.post({"job": "psipred"}, files={"input_data": ("x" * 101, PROTEIN)})
    told = ["Ensure this filename has at most 100 characters (it has 101)."]
    assert errors(answer) == (400, {"error": {"input_data": told}})


def test_bodies_that_are_no_form(site: Site) -> None:
    code, told = errors(site.post(file=None, json={"job": "job1"}, data=None))
    assert code == 415
    assert told == {"detail": 'Unsupported media type "application/json" in request.'}
    for body, kind in (
        (b"", ""),
        (b"--x", "multipart/form-data; boundary=x"),
        (b"job=%ff&email=a", "application/x-www-form-urlencoded"),
        (b"--x\r\n\r\n\r\n", "multipart/form-data"),
    ):
        headers = {**site.headers, "Content-Type": kind}
        answer = requests.post(f"{site.root}/submission/", body, headers=headers, timeout=30)
        assert (answer.status_code, "error" in answer.json()) == (400, True), body


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", "Failed step, non 0 exit at step: 2. Exit status:3"),
        ("true", "Failed with missing outputs: step second: it did not write its output table"),
        ("kill -9 $$", "Unable to call commandRunner.run_cmd(): step second: killed by SIGKILL"),
    ],
)
def test_failures(site: Site, script: str, message: str) -> None:
    shown = site.ended(site.post({"job": "fails"}, script))
    (one,) = shown["submissions"]
    assert (shown["state"], one["state"]) == ("Error", "Error")
    assert one["last_message"].startswith(message)


def test_running_waiting_and_too_many(site: Site, server: LiveServer) -> None:
    def submit() -> requests.Response:
        return site.post({"job": "waits"})

    first = submit().json()["UUID"]
    until(lambda: site.get(f"submission/{first}").json()["state"] == "Running", what="it to run")
    (one,) = site.get(f"submission/{first}").json()["submissions"]
    assert one["last_message"] == "Running step: 1"
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: submit(), range(24)))
    last = max(one.json()["UUID"] for one in answers if one.status_code == 201)
    assert sum(one.status_code == 201 for one in answers) <= 11
    code, told = errors(submit())
    assert (code, told["error"].startswith("You have no authority to post jobs....")) == (429, True)
    (queued,) = site.get(f"submission/{last}").json()["submissions"]
    assert (queued["state"], queued["last_message"]) == ("Submitted", "Submitted")
    client = server.client()
    for job in client.jobs(tool="waits", limit=500):
        job.cancel()
    assert site.get(f"submission/{last}").json()["state"] == "Error"
    until(lambda: site.post(GOOD).status_code == 201, what="room for more")


def test_jobs_and_their_times(site: Site) -> None:
    site.ended(site.post(GOOD))
    first = site.get("job/").json()
    assert set(first) == {"count", "next", "previous", "results"}
    names = {entry["name"]: entry["pk"] for entry in first["results"]}
    assert first["count"] >= len(names) >= 5
    assert {"job1", "psipred"} <= set(names)
    shown = site.get("job/psipred").json()
    assert [step["ordering"] for step in shown["steps"]] == [3, 7]
    (told,) = shown["steps"][1]["task"]["configuration"]
    assert told == {
        "type": "Software", "name": "wc", "parameters": "-c {copied}", "version": "1.0",
    }  # fmt: skip
    assert site.get("job/psipred.json").json() == shown
    assert site.get("jobtimes/").json()["job1"] >= 0
    for path in ("job/nothing", "job/?page=0", "job/?page=99", "job/?page=x", "submission/x", "x"):
        assert errors(site.get(path)) == (404, {"detail": "Not found."}), path
    assert site.get("submission/").status_code == 405


def test_guests_see_their_own_alone(site: Site, guest: Site) -> None:
    lines = guest.get("endpoints.json").json()["jobs"]
    assert [str(re.search("&job=([^&]+)", line)[1]) for line in lines] == [  # type: ignore[index]
        "fails",
        "job1",
        "psipred",
        "residues",
    ]
    own = site.ended(site.post(GOOD))
    (one,) = own["submissions"]
    for path in (
        f"submission/{own['UUID']}",
        f"submission/single/{one['UUID']}",
        one["input_file"].lstrip("/"),
        one["results"][0]["data_path"].lstrip("/"),
    ):
        assert site.get(path).status_code in (200, 404)
        assert errors(guest.get(path)) == (404, {"detail": "Not found."})
    code, told = errors(guest.post({"job": "choose", "kind": "quick", "size": "1"}))
    assert (code, told["error"].startswith("Job name supplied")) == (400, True)
    theirs = guest.ended(guest.post(GOOD))
    assert site.get(f"submission/{theirs['UUID']}").status_code == 200  # who may manage sees all
    assert requests.get(f"{site.root}/endpoints/", timeout=30).status_code == 401


def test_a_netrc_is_enough(server: LiveServer, site: Site, tmp_path: Path) -> None:
    """Scripts that know of no credentials: requests takes the password from a file."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login ann password {server.token}\n")
    source = f"import requests; print(requests.get({site.root + '/endpoints/'!r}).status_code)"
    environment = server.environment | {"NETRC": str(netrc)}
    command = [sys.executable, "-c", source]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "200\n"


@pytest.mark.parametrize(
    ("script", "words", "said"),
    [
        ("send_fasta.py", [], "residues: Completed job at step #2"),
        ("send_file.py", ["--job", "job1", "task1_all=TRUE", "task2_number=3"], "3 none-given"),
    ],
)
def test_our_own_scripts(guest: Site, script: str, words: list[str], said: str) -> None:
    command = [sys.executable, script, "data/insulin.fasta", *words, "--root", guest.root]
    done = subprocess.run(command, cwd=NOTEBOOKS, capture_output=True, text=True, check=True)
    assert said in done.stdout
    command += ["undeclared=a b"]
    done = subprocess.run(command, cwd=NOTEBOOKS, capture_output=True, text=True, check=False)
    assert (done.returncode, "400: Required Parameter" in done.stderr) == (1, True)
