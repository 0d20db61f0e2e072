"""The rules of how long jobs are kept, over HTTP and in the client."""

from __future__ import annotations

import pytest
from traitlets import TraitError

from jobs_ext.app import JobsExtension
from tests.serving import python


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["JobsExtension"]["keep"] = {"SUCCEEDED": "1ms", "FAILED": "30d"}
    return jp_server_config


async def test_what_would_go_is_shown(api):
    bad = await api.submit(python("raise SystemExit(1)"))
    good = await api.submit(python("pass"))
    for job in (bad, good):
        await api.ended(job["id"])
    told = (await api("GET", "retention")).json
    rules = {"SUCCEEDED": 0.001, "FAILED": 30 * 86400}
    assert told["rules"] == {"keep": rules, "keep_deleted": 30 * 86400, "keep_size": None}
    assert (told["jobs"], told["batches"], told["more"]) == ([good["id"]], [], False)


@pytest.mark.parametrize("wrong", [{"RUNNING": "1d"}, {"FAILED": "soon"}])
def test_rules_that_make_no_sense_are_refused(wrong):
    with pytest.raises(TraitError, match=r"JobsExtension\.keep"):
        JobsExtension(keep=wrong)
