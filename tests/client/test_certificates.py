"""Servers with certificates that no authority of this machine signed."""

from __future__ import annotations

import http.server
import shutil
import ssl
import subprocess
import threading
from types import SimpleNamespace

import msgspec
import pytest

from jobs_ext.api.kernelkeys import fingerprint
from jobs_ext.client.connection import API, Connection, ServerInfo
from jobs_ext.client.errors import NoServer
from jobs_ext.client.finder import Address, find

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")


class Hello(http.server.BaseHTTPRequestHandler):
    """Introduces itself as a server of ours."""

    def do_GET(self):
        told = msgspec.json.encode(ServerInfo("jobs_ext", "0", API, "here", "ann"))
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_told):
        """Say nothing."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A key and a certificate for a name that this machine does not have."""
    key, certificate = (tmp_path_factory.getbasetemp() / name for name in ("key.pem", "cert.pem"))
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=box.example"]
    subprocess.run(
        [*made, "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL
    )
    return key, certificate


@pytest.fixture(scope="module")
def url(files):
    key, certificate = files
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/jobs-ext/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("how", ["certfile", "ssl_options"])
def test_a_kernel_knows_its_server_by_its_certificate(url, files, how, monkeypatch):
    _, certificate = files
    named = {"certfile": str(certificate)}
    server = SimpleNamespace(certfile="", ssl_options={})
    vars(server).update(named if how == "certfile" else {how: named})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.with_name("none.pem")))
    for name, value in (("URL", url), ("KERNEL_ID", "k"), ("KERNEL_KEY", "s")):
        monkeypatch.setenv(f"JOBS_EXT_{name}", value)
    monkeypatch.setenv("JOBS_EXT_CERTIFICATE", fingerprint(server))
    connection = Connection(find())
    assert connection.info.server == "here"
    connection.close()


def test_a_server_without_a_certificate_shows_none():
    assert fingerprint(SimpleNamespace(certfile="", ssl_options=None)) == ""


def test_another_certificate_is_not_taken_for_it(url):
    with pytest.raises(NoServer, match=r"another certificate than .* Restart the kernel"):
        Connection(Address(url, {}, "the test", "0" * 64)).info  # noqa: B018


def test_who_is_not_trusted_and_what_to_do_is_said(url, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with pytest.raises(NoServer, match=r"not trusted: self.signed .* REQUESTS_CA_BUNDLE"):
        Connection(Address(url, {}, "the test")).info  # noqa: B018
