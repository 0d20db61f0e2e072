"""Analytics Automated: what is refused, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.dialects.analytics_automated.site import GOOD, Site, errors

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
        ({"task1_all": "0"}, 400, {"task1_all"}),
        ({"task2_number": "twelve"}, 400, {"task2_number"}),
        ({"task2_number": "1.5"}, 400, {"task2_number"}),
        ({"task2_number": "9" * 5000}, 400, {"task2_number"}),
        ({"submission_name": " "}, 400, {"submission_name"}),
        ({"submission_name": "x" * 65}, 400, {"submission_name"}),
        ({"submission_name": "a\0b"}, 400, {"submission_name"}),
        ({"email": ""}, 400, {"email"}),
        ({"email": "ann"}, 400, {"email"}),
        ({"email": "é@example.org"}, 400, {"email"}),
        ({"email": "ann@-example.org"}, 400, {"email"}),
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
        {"task1_all": "1"},
        {"task1_all": "on"},
        {"task2_number": "0"},
        {"word": ""},
        {"word": "1.5"},
        {"word": "LS"},
        {"undeclared": "fine"},
        {"submission_name": "while; rm -rf /"},
        {"submission_name": "x" * 64},
        {"email": "a.b+c@sub.example.org"},
        {"email": "o'neil&co@example.org"},
        {"email": "ann@localhost"},
    ],
)
def test_what_is_good(site: Site, fields: dict[str, Any]) -> None:
    site.ended(site.post(GOOD | fields))


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
