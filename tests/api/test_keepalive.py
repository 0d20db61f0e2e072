"""Jobs keep a server alive, those who look at them do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs_ext.api.keepalive import STAMP, KeepAlive
from jobs_ext.service import Principal
from tests.waiting import auntil


class Application:
    """As much of Jupyter's application: when somebody did something last."""

    def __init__(self, ago):
        self.settings = {"api_last_activity": datetime.now(UTC) - timedelta(seconds=ago)}

    def last_activity(self):
        return max(self.settings.values())


@pytest.mark.parametrize(
    ("ago", "is_busy", "longest", "active"),
    [
        (100, True, 1000, True),
        (100, False, 1000, False),
        (100, True, 50, False),
        (100, True, 0, False),
        (10**6, True, float("inf"), True),
    ],
)
def test_for_how_long(ago, is_busy, longest, active):
    application = Application(ago)
    keep = KeepAlive(application, longest)
    for _ in range(2):  # its own stamp is nobody else's activity
        keep.note(is_busy=is_busy)
    assert keep.is_active is active
    assert (STAMP in application.settings) is active
    assert (datetime.now(UTC) - application.last_activity() < timedelta(seconds=5)) is active


def test_the_last_stamp_stays_when_the_jobs_have_ended():
    application = Application(100)
    keep = KeepAlive(application, 1000)
    keep.note(is_busy=True)
    stamp = application.settings[STAMP]
    keep.note(is_busy=False)
    assert application.settings[STAMP] == stamp
    assert not keep.is_active


@pytest.fixture
def quick_pulse(monkeypatch):
    monkeypatch.setattr("jobs_ext.api.pulse.INTERVAL", 0.05)


async def test_a_running_job_is_activity(quick_pulse, api, extension, jp_serverapp):
    assert not extension.current_activity()
    before = jp_serverapp.web_app.last_activity()
    job = await api.submit(["sleep", "60"])
    await auntil(extension.current_activity, what="the job to count as activity")
    assert jp_serverapp.extension_manager.any_activity()
    assert jp_serverapp.web_app.settings[STAMP] > before
    await api("POST", f"jobs/{job['id']}/cancel")
    await auntil(lambda: not extension.current_activity(), what="the end of it")


async def test_a_held_job_is_not(quick_pulse, api, extension):
    await api.submit(["true"], hold=True)
    counts = extension.backend.service.jobs.counts
    assert counts(Principal.all(""))["PENDING"] == 1
    assert not extension.current_activity()


async def test_to_look_is_no_activity_to_submit_is(api, jp_serverapp):
    settings = jp_serverapp.web_app.settings
    job = await api.submit(["true"], hold=True)
    stamp = settings["api_last_activity"]
    for path in ("jobs", f"jobs/{job['id']}", f"jobs/{job['id']}/view", "tools", ""):
        assert (await api("GET", path)).status == 200
    assert settings["api_last_activity"] == stamp
    await api("POST", f"jobs/{job['id']}/release")
    assert settings["api_last_activity"] > stamp


async def test_a_watcher_is_no_activity(api, jp_ws_fetch, jp_serverapp):
    settings = jp_serverapp.web_app.settings
    stamp = dict(settings).get("api_last_activity")
    socket = await jp_ws_fetch("jobs-ext", "api", "v1", "events")
    await socket.read_message()
    socket.ping(b"here")
    await api("GET", "")
    assert settings.get("api_last_activity") == stamp
    socket.close()
