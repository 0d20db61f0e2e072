"""A kernel's own key, as a real kernel gets it and uses it."""

from __future__ import annotations

import json

import pytest
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_server.auth import User
from tornado.httpclient import HTTPClientError

from jobs_ext.api.kernelkeys import KernelKeys, kernel_url
from jobs_ext.model.errors import Forbidden
from tests.serving import API, Api, python

ASK = """
import json, os
print(json.dumps({k: v for k, v in os.environ.items() if k.startswith("JOBS_EXT_")}))
"""


async def start_kernel(jp_fetch):
    body = json.dumps({"name": "python3"})
    response = await jp_fetch("api", "kernels", method="POST", body=body)
    return json.loads(response.body)["id"]


async def environment_of(serverapp, kernel):
    """Return what a running kernel finds in its environment."""
    client: AsyncKernelClient = serverapp.kernel_manager.get_kernel(kernel).client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        said: list[str] = []
        await client.execute_interactive(
            ASK, timeout=60, output_hook=lambda m: said.append(m["content"].get("text", ""))
        )
        return json.loads("".join(said))
    finally:
        client.stop_channels()


def keyed(jp_fetch, env, **more):
    """Return a client that has nothing but the kernel's key."""
    headers = {
        "Authorization": "",
        "X-Jobs-Ext-Kernel": env["JOBS_EXT_KERNEL_ID"],
        "X-Jobs-Ext-Key": env["JOBS_EXT_KERNEL_KEY"],
    }
    return Api(jp_fetch, headers | more)


async def test_a_kernel_submits_by_its_key(jp_fetch, jp_ws_fetch, jp_serverapp, api):
    kernel = await start_kernel(jp_fetch)
    env = await environment_of(jp_serverapp, kernel)
    assert env["JOBS_EXT_URL"] == f"{jp_serverapp.connection_url}jobs-ext/"
    assert env["JOBS_EXT_KERNEL_ID"] == kernel
    mine = keyed(jp_fetch, env)
    job = await mine.submit(python("pass"))
    assert job["owner"] == (await api("GET", "")).json["owner"]
    assert (await api("GET", f"jobs/{job['id']}")).status == 200
    socket = await jp_ws_fetch(*API, "events", headers=dict(mine.headers))
    assert json.loads(await socket.read_message())["type"] == "snapshot"
    socket.close()
    await mine.ended(job["id"])

    await jp_fetch("api", "kernels", kernel, "restart", method="POST", body=b"")
    assert await environment_of(jp_serverapp, kernel) == env
    assert (await mine("GET", "jobs")).status == 200

    await jp_fetch("api", "kernels", kernel, method="DELETE")
    assert (await mine("GET", "jobs")).status == 403


async def test_the_key_opens_nothing_else(jp_fetch, jp_serverapp):
    kernel = await start_kernel(jp_fetch)
    env = {
        "JOBS_EXT_KERNEL_ID": kernel,
        "JOBS_EXT_KERNEL_KEY": jp_serverapp.web_app.settings["jobs_ext_backend"].keys.key(kernel),
    }
    headers = keyed(jp_fetch, env).headers
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("api", "contents", headers=dict(headers))
    assert refused.value.code == 403


async def test_a_wrong_key_is_refused_also_beside_a_good_token(jp_fetch, jp_ws_fetch, api):
    kernel = await start_kernel(jp_fetch)
    for pair in (
        {"X-Jobs-Ext-Kernel": kernel, "X-Jobs-Ext-Key": "0" * 64},
        {"X-Jobs-Ext-Kernel": kernel, "X-Jobs-Ext-Key": "é"},
        {"X-Jobs-Ext-Kernel": kernel},
        {"X-Jobs-Ext-Key": "0" * 64},
    ):
        answer = await api("GET", "jobs", headers=pair)
        assert (answer.status, answer.json["field"]) == (403, "X-Jobs-Ext-Key")
        with pytest.raises(HTTPClientError) as refused:
            await jp_ws_fetch(*API, "events", headers=dict(pair))
        assert refused.value.code == 403


async def test_a_key_needs_no_xsrf_cookie_and_a_cookie_does(jp_fetch, jp_serverapp, api):
    kernel = await start_kernel(jp_fetch)
    keys = jp_serverapp.web_app.settings["jobs_ext_backend"].keys
    env = {"JOBS_EXT_KERNEL_ID": kernel, "JOBS_EXT_KERNEL_KEY": keys.key(kernel)}
    login = await jp_fetch("api", "me")
    cookies = "; ".join(c.split(";")[0] for c in login.headers.get_list("Set-Cookie"))
    body = {"target": {"command": ["true"]}, "options": {"hold": True}}
    browser = Api(jp_fetch, {"Authorization": "", "Cookie": cookies})
    assert (await browser("GET", "jobs")).status == 200
    answer = await browser("POST", "jobs", body)
    assert (answer.status, answer.json["field"]) == (403, "X-XSRFToken")
    assert "_xsrf" in answer.json["hint"]
    unknown = await Api(jp_fetch, {"Authorization": ""})("POST", "jobs", body)
    assert (unknown.status, unknown.json["field"]) == (403, "Authorization")
    assert (await api("GET", "jobs")).json["items"] == []
    assert (await keyed(jp_fetch, env, Cookie=cookies)("POST", "jobs", body)).status == 201


class Kernels(dict):
    """As much of a kernel manager as keys need."""

    get_kernel = dict.__getitem__


def test_keys_differ_by_kernel_and_by_server():
    one, other = KernelKeys(Kernels()), KernelKeys(Kernels())
    assert len({one.key("a"), one.key("b"), other.key("a"), other.key("b")}) == 4


def test_a_key_lives_as_long_as_its_kernel():
    class Manager:
        pass

    kernels = Kernels(a=Manager())
    keys = KernelKeys(kernels)
    pair = {"X-Jobs-Ext-Kernel": "a", "X-Jobs-Ext-Key": keys.key("a")}
    assert isinstance(keys.user(pair), User)
    assert keys.user({}) is None
    kernels.clear()
    with pytest.raises(Forbidden):
        keys.user(pair)


@pytest.mark.parametrize(
    ("ip", "told", "url"),
    [
        ("localhost", "http://localhost:8888/x/", "http://localhost:8888/x/jobs-ext/"),
        ("0.0.0.0", "http://box:8888/x/", "http://127.0.0.1:8888/x/jobs-ext/"),
        ("::", "http://box:8888/", "http://[::1]:8888/jobs-ext/"),
        ("10.0.0.7", "http://10.0.0.7:8888/", "http://10.0.0.7:8888/jobs-ext/"),
        ("0.0.0.0", "https://box:8888/", "https://127.0.0.1:8888/jobs-ext/"),
    ],
)
def test_the_address_of_the_server(ip, told, url):
    class Server:
        port = 8888
        connection_url = told

    Server.ip = ip
    assert kernel_url(Server()) == url
