"""Where this machine may connect to because a submitter said so: the guard against SSRF.

A URL in a request (a webhook, an input) makes the server or the runner connect on behalf of
somebody who could not reach that place himself: services of this machine, of its network, of the
cloud it runs in. So only public addresses are allowed, and what the administrator names. What is
checked is the address that is connected to, never only the name: a name that is resolved twice may
say two things.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from ..model.errors import InvalidRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_Found = tuple[int, int, int, str, tuple[Any, ...]]  # one answer of `socket.getaddrinfo`

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_URL = 4096  # characters
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f\\]")
_NAME = re.compile(r"\*?[a-z0-9_.-]+")
_NUMBER = re.compile(r"\d+|0[xX][0-9a-fA-F]*")  # a last label that makes a host an IPv4 address
_LOCAL_NAMES = ("local", "internal", "localdomain", "home.arpa", "intranet", "lan")
#: Public to some versions of Python, or by the registries, and yet not: Azure's host, ranges for
#: protocols (where a cloud keeps its metadata), relays of 6to4, NAT64 of a site, old site-local.
_NEVER = tuple(
    map(
        ip_network,
        ("168.63.129.16", "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "fec0::/10"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


class AddressRefused(InvalidRequest):
    """An address that nobody may be sent to."""


class Place(Struct, frozen=True):
    """What a URL names, taken apart and found good as far as that can be seen without asking."""

    scheme: str
    host: str  # ASCII, in lower case; an IPv6 address without its brackets
    port: int
    target: str  # path and query, ASCII
    user: str | None = None
    password: str | None = None

    @property
    def url(self) -> str:
        """The URL without credentials."""
        return f"{self.origin}{self.target}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if DEFAULT_PORTS.get(self.scheme) == self.port else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def masked(url: str) -> str:
    """Return a URL as it may be shown: user and password, query and fragment are left out.

    Tokens of webhooks stand in paths, too: of a path only the first part is shown.
    """
    scheme, found, rest = url.partition("://")
    if not found:
        return url
    authority, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    first, more, _ = path.partition("/")
    hidden = "/…" if more else ("?…" if "?" in rest or "#" in rest else "")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{first}{hidden}"


class Guard:
    """Knows what may be connected to: public addresses, and those that were allowed by name.

    `allowed` holds host names (``*.example.org`` for all below), addresses and networks
    (``10.1.0.0/16``). Raises `ValueError` for one that is none of these.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._names: set[str] = set()
        self._networks: list[Network] = []
        for entry in allowed:
            self._allow(entry.strip().lower())

    def place(self, url: str, field: str, schemes: Collection[str] = ("http", "https")) -> Place:
        """Return what `url` names. Looks nothing up.

        Raises `AddressRefused`, naming `field`, for a URL that can't be, one of another scheme, and
        one whose host is seen to be local.
        """
        try:
            found = _taken_apart(url, schemes)
        except ValueError as error:
            raise _refused(str(error), url, field) from None
        literal = _literal(found.host)
        if found.host in self._names or self._is_below(found.host):
            return found
        if _is_local(found.host) or (literal is not None and not self.permits(literal)):
            raise _refused(f"{found.host} is an address of this machine or network", url, field)
        return found

    def permits(self, address: Address) -> bool:
        """Tell whether an address is public, or in a network that was allowed."""
        if any(address in network for network in self._networks):
            return True
        if isinstance(address, IPv6Address):
            inner = _embedded(address)
            if inner is not None:
                return self.permits(inner)
            address = IPv6Address(int(address))  # without its zone
        if any(address in network for network in _NEVER):
            return False
        return address.is_global and not (address.is_multicast or address.is_reserved)

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Return a socket that is connected to a permitted address of `host`.

        The name is looked up once, and what was found is what is connected to. Raises
        `AddressRefused` when none of its addresses is permitted, `OSError` when none answers.
        """
        named = host in self._names or self._is_below(host)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        permitted = [
            entry for entry in found if named or self.permits(ip_address(str(entry[4][0])))
        ]
        if not permitted:
            raise _refused(f"{host} is an address of this machine or network", host, None)
        return _first_that_answers(permitted, timeout)

    def _allow(self, entry: str) -> None:
        try:
            self._networks.append(ip_network(entry, strict=False))
        except ValueError:
            if not _NAME.fullmatch(entry) or entry.strip("*.") == "":
                raise ValueError(f"{entry!r} is no host name, address or network") from None
            self._names.add(entry)

    def _is_below(self, host: str) -> bool:
        labels = host.split(".")
        return any("*." + ".".join(labels[n:]) in self._names for n in range(1, len(labels)))


def _taken_apart(url: str, schemes: Collection[str]) -> Place:
    """Return the parts of a URL; `ValueError` with a sentence for one that can't be."""
    if len(url) > LONGEST_URL:
        raise ValueError(f"it has more than {LONGEST_URL} characters")
    if _NOT_IN_URLS.search(url):
        raise ValueError("it holds spaces, control characters or backslashes")
    parts = urlsplit(url)  # which has sentences of its own
    if parts.scheme not in schemes:
        raise ValueError(f"its scheme is none of {', '.join(schemes) or 'those allowed: none is'}")
    if not parts.hostname:
        raise ValueError("it names no host")
    if "[" in parts.netloc and ":" not in parts.hostname:
        raise ValueError("it writes its address in an unusual way")
    port = DEFAULT_PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(
        scheme=parts.scheme,
        host=_ascii(parts.hostname),
        port=port,
        target=_quoted(target),
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def _ascii(host: str) -> str:
    """Return a host as it is looked up; only the usual spelling of an address is let through."""
    if ":" in host:
        return str(IPv6Address(host))
    try:
        name = host.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError:
        raise ValueError(f"{host!r} can't be a host") from None
    if not _NAME.fullmatch(name) or name.startswith("*") or ".." in name or name[:1] in ".-":
        raise ValueError(f"{host!r} can't be a host")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        try:
            return str(IPv4Address(name))
        except ValueError:
            raise ValueError("it writes its address in an unusual way") from None
    return name


def _quoted(target: str) -> str:
    """Return path and query in ASCII, what was quoted already left as it is."""
    return "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in target)


def _literal(host: str) -> Address | None:
    if host == "localhost" or host.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_local(host: str) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to this one end up at, if there is one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    plain = IPv6Address(int(address))
    if plain in _NAT64 or (plain in _COMPATIBLE and int(plain) > 1):
        return IPv4Address(int(plain) & 0xFFFFFFFF)
    return None


def _first_that_answers(found: Iterable[_Found], timeout: float) -> socket.socket:
    trouble = OSError("no address")
    for family, kind, protocol, _, address in found:
        one = socket.socket(family, kind, protocol)
        try:
            one.settimeout(timeout)
            one.connect(address)
        except OSError as error:
            one.close()
            trouble = error
        else:
            return one
    raise trouble


def _refused(why: str, url: str, field: str | None) -> AddressRefused:
    return AddressRefused(
        f"{masked(url)!r} can't be used: {why}.",
        field=field,
        value=masked(url),
        hint="Give a URL of a public host; others are allowed by JobsExtension.allowed_hosts.",
    )
