"""No secret stays in what is logged."""

from __future__ import annotations

import io
import logging

import pytest

from jobs_ext.model.scrub import SCRUBBER, scrub

SECRET = "s3cr3t-0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /jobs-ext/api/v1/jobs?token={SECRET}&limit=3 (127.0.0.1)",
        f"GET /jobs-ext/api/v1/jobs?limit=3&access_token={SECRET}",
        f"Authorization: token {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}', 'Accept': '*/*'}}",
        f"authorization={SECRET}",
        f"X-Jobs-Ext-Key: {SECRET}",
        f"('X-Jobs-Ext-Key', '{SECRET}')",
        f"https://ada:{SECRET}@example.org/x",
        f"https://example.org/x?X-Amz-Signature={SECRET}",
        f"the key jx_0123abcd_{SECRET}{SECRET} was used",
    ],
)
def test_secrets_go_and_the_rest_stays(text):
    clean = scrub(text)
    assert SECRET not in clean
    assert "[secret]" in clean
    assert clean.split()[0].startswith(text.split()[0][:4])


@pytest.mark.parametrize(
    "text",
    [
        "GET /jobs-ext/api/v1/keys?limit=3 (127.0.0.1) 2.0ms",
        "the key of job 0192f0c4-89ab-7def-8123-456789abcdef was used",
        "started; 2 cores, 8000000000 bytes",
        "http://localhost:8888/lab/tree/a.ipynb",
    ],
)
def test_what_is_none_stays(text):
    assert scrub(text) == text


def test_records_and_tracebacks():
    stream = io.StringIO()
    logger = logging.Logger("test")
    handler = logging.StreamHandler(stream)
    handler.addFilter(SCRUBBER)
    logger.addHandler(handler)
    logger.warning("asked for %s", f"/x?token={SECRET}")
    try:
        int(f"/x?token={SECRET}")
    except ValueError:
        logger.exception("failed")
    told = stream.getvalue()
    assert SECRET not in told
    assert told.count("[secret]") >= 2
    assert "ValueError: invalid" in told
