"""Tests of what may be connected to: a corpus of ways to say that it is this machine."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from jobs_ext.service.addresses import AddressRefused, Guard, masked

REFUSED = Path(__file__).with_name("refused_urls.txt").read_text().splitlines()
REFUSED += [
    "",
    "http://127.0.0.1 .example/",
    "http://pub\tlic.example/",
    "http://public.example/\r\nHost:x",
    "http://public.example/a\x00b",
    "http://" + "a" * 5000 + ".example/",
]

PERMITTED = [
    "http://public.example/",
    "https://public.example:8443/a?b=c",
    "https://1.1.1.1/",
    "https://[2606:4700::1]/",
    "https://user:password@public.example/x",
    "https://bücher.example/ü",
    "HTTPS://Public.Example/",
    "http://1.1.1.1.nip.example/",
    "https://public.example./",
    "https://a_b.example/",
    "https://10.example/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_that_leads_inside_is_refused(url):
    with pytest.raises(AddressRefused) as caught:
        Guard().place(url, "options.notify[0].url")
    assert caught.value.field == "options.notify[0].url"
    assert caught.value.hint


@pytest.mark.parametrize("url", PERMITTED)
def test_a_url_of_a_public_host_is_permitted(url):
    assert Guard().place(url, "url").host


def test_the_parts_of_a_url():
    place = Guard().place("https://us%40er:p%3Aw@BÜCHER.example/ü?q=%20ß#part", "url")
    assert (place.user, place.password) == ("us@er", "p:w")
    assert place.host == "xn--bcher-kva.example"
    assert place.port == 443
    assert place.target == "/%C3%BC?q=%20%C3%9F"
    assert place.url == "https://xn--bcher-kva.example/%C3%BC?q=%20%C3%9F"
    assert Guard().place("http://[2606:4700:0::1]:81", "url").url == "http://[2606:4700::1]:81/"


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:9000/"),
        ("127.0.0.0/8", "http://localhost/"),
        ("10.1.2.0/24", "http://10.1.2.3/"),
        ("10.1.2.0/24", "http://[::ffff:10.1.2.3]/"),
        ("::1", "http://[::1]/"),
        ("hooks.internal", "http://hooks.internal/"),
        ("*.lan", "http://a.b.lan/"),
    ],
)
def test_what_the_administrator_allows(allowed, url):
    assert Guard([allowed]).place(url, "url")
    with pytest.raises(AddressRefused):
        Guard().place(url, "url")
    with pytest.raises(AddressRefused):
        Guard([allowed]).place("http://192.168.7.7/", "url")


@pytest.mark.parametrize("entry", ["", "*", "*.", "a b", "http://x/", "10.0.0.0/99"])
def test_what_is_allowed_must_make_sense(entry):
    with pytest.raises(ValueError, match="host name, address or network"):
        Guard([entry])


def answers(*addresses):
    """Return a resolver that says something else each time, as one that rebinds does."""
    turns = iter(addresses)

    def resolve(host, port, **_):
        address = next(turns)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        rest = (0, 0) if ":" in address else ()
        return [(family, socket.SOCK_STREAM, 6, "", (address, port, *rest))]

    return resolve


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254", "fe80::1%lo", "0.0.0.0"]
)
def test_a_name_of_a_private_address_is_not_connected_to(monkeypatch, address):
    monkeypatch.setattr(socket, "getaddrinfo", answers(address))
    with pytest.raises(AddressRefused):
        Guard().connect("public.example", 80, 1.0)


def test_what_was_looked_up_is_what_is_connected_to(monkeypatch):
    """A name that is public when it is looked at and private afterwards gains nothing."""
    with socket.create_server(("127.0.0.1", 0)) as inside:
        port = inside.getsockname()[1]
        monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1", "8.8.8.8"))
        with Guard(["127.0.0.0/8"]).connect("rebinding.example", port, 5.0) as found:
            assert found.getpeername() == ("127.0.0.1", port)


def test_a_name_that_is_allowed_may_have_any_address():
    with socket.create_server(("127.0.0.1", 0)) as inside:
        port = inside.getsockname()[1]
        with Guard(["localhost"]).connect("localhost", port, 5.0) as found:
            assert found.getpeername()[1] == port
        with pytest.raises(AddressRefused):
            Guard(["elsewhere"]).connect("localhost", port, 5.0)


def test_special_ranges():
    for text in ("8.8.8.8", "2606:4700::1", "64:ff9b::808:808", "2002:808:808::1"):
        assert Guard().permits(ip_address(text)), text
    for text in ("::", "::2", "192.88.99.1", "fec0::1", "2001:db8::1", "100::1", "5f00::1"):
        assert not Guard().permits(ip_address(text)), text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@host/a", "https://host/a"),
        ("https://u:p@host/services/T0/B0/secret?token=1", "https://host/services/…"),
        ("https://host?token=1", "https://host?…"),
        ("https://host/a#token", "https://host/a?…"),
        ("slack://T/B/secret", "slack://T/B/…"),
        ("nothing", "nothing"),
    ],
)
def test_secrets_of_urls_are_not_shown(url, shown):
    assert masked(url) == shown
