from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from jobs_ext import linemagics, magics
from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.job import Job

ID = "0192f0c4-89ab-7def-8123-456789abcdef"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a logs now", "takes a job and an action"),
        ("prpe", "neither a variable with a job nor the id of one"),
        ("--help", r"neither a variable.*Usage: %job \[JOB"),
        ("last lgos", "no action 'lgos'.*Did you mean 'logs'"),
    ],
)
def test_other_words_are_refused(line, said):
    with pytest.raises(InvalidRequest) as caught:
        linemagics.act({}, line)
    assert re.search(said, f"{caught.value.message} {caught.value.hint}")


@pytest.mark.parametrize("line", ["--help", "failed fail"])
def test_a_word_that_is_no_status_is_told_which_there_are(line):
    with pytest.raises(InvalidRequest, match=r"no status '(--help|fail)'") as caught:
        linemagics.jobs(line)
    assert "running, succeeded, failed" in caught.value.hint


def test_completion():
    here = {
        "prep": Job(None, SimpleNamespace(id=ID)),
        "_hidden": Job(None, SimpleNamespace(id=ID)),
        "df": 1,
        "In": [],
        "x1": 2,
    }
    assert linemagics.complete_line(here, "%job ") == ["prep", "last"]
    assert linemagics.complete_line(here, "%job pr") == ["prep", "last"]
    assert "logs" in linemagics.complete_line(here, "%job prep l")
    assert linemagics.complete_line(here, "%job prep logs ") == []
    options = magics.parser()
    assert linemagics.complete_cell(options, here, "%%job na") == []
    assert "--memory" in linemagics.complete_cell(options, here, "%%job name --m")
    named = ["df", "prep", "x1"]
    assert linemagics.complete_cell(options, here, "%%job name --inputs d") == named
    assert linemagics.complete_cell(options, here, "%%job name --inputs df x") == named
    assert "--cpu" in linemagics.complete_cell(options, here, "%%job name --inputs df --")
    assert "--cpu" in linemagics.complete_cell(options, here, "%%job name --cpu 2 ")
