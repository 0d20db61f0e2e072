"""The fixtures of a Jupyter server with the extension, and raw requests to its dialects."""

from __future__ import annotations

import json

import pytest

from tests.serving import Answer, api, data_dir, data_dirs, extension, jp_server_config

__all__ = ["api", "data_dir", "data_dirs", "extension", "jp_server_config"]


@pytest.fixture
def raw(http_server_client, jp_serverapp):
    """Return a function that sends a path below jobs-ext/ as it is, not quoted; gives an Answer.

    It has the server's token unless an Authorization is given.
    """
    token = f"token {jp_serverapp.identity_provider.token}"

    async def ask(verb, path, body=None, **headers):
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        response = await http_server_client.fetch(
            f"{jp_serverapp.base_url}jobs-ext/{path}",
            method=verb,
            body=sent,
            headers={"Authorization": token, **headers},
            raise_error=False,
            allow_nonstandard_methods=True,
            follow_redirects=False,
        )
        return Answer(response.code, response.headers, response.body or b"")

    return ask
