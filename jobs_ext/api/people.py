"""Who a request acts for, and what they may do."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

from jupyter_server.auth import User
from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
)
from msgspec import Struct

from ..model.key import Key
from ..service.principal import Principal

if TYPE_CHECKING:
    from collections.abc import Collection

    from tornado import web

_PERSONAL = (IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider)
_OWN = frozenset({"read", "submit", "run"})


class Keyed(Struct, frozen=True):
    """A caller that was let in by a key of ours rather than by Jupyter."""

    user: User
    who: Principal
    key: Key | None = None  # an API key; None: the key of a kernel


class KeyIdentity(IdentityProvider):
    """Stands in for the server's identity provider in a request with a good key of ours.

    So the key is checked before, and instead of, a cookie; and like a token, which no form of
    another site can send either, it needs no XSRF check.
    """

    def get_user(self, handler: web.RequestHandler) -> User | None:
        """Return who the key acts for."""
        keyed: Keyed | None = getattr(handler, "keyed", None)
        return None if keyed is None else keyed.user

    def is_token_authenticated(self, handler: web.RequestHandler) -> bool:
        """Return True: the key is a kind of token."""
        return True


class People:
    """Turns Jupyter's users into the service's principals.

    On a one-person server (token, password, or a hub's single-user server) everyone who gets in
    is the same person: Jupyter invents a new user name per request there. With another identity
    provider people are told apart by their user names.
    """

    def __init__(self, provider: IdentityProvider, admins: Collection[str] = ()) -> None:
        kind = type(provider)
        self._admins = frozenset(admins)
        self.personal = kind in _PERSONAL or kind.__module__.startswith("jupyterhub.")
        self._self = system_user()

    def owner(self, user: User) -> str:
        """Return the name under which the jobs of `user` are kept."""
        return self._self if self.personal else user.username

    def principal(self, user: User) -> Principal:
        """Return what `user` may do: on a one-person server, and as an admin, everything."""
        owner = self.owner(user)
        return Principal.all(owner) if self.manages(owner) else Principal(owner, _OWN)

    def of_kernel(self, user: User) -> Principal:
        """Return what a kernel of `user` may do: it acts for them, without managing."""
        owner = self.owner(user)
        return Principal(owner, _OWN, by="kernel", deputy=self.manages(owner))

    def of_key(self, key: Key) -> Principal:
        """Return what may be done by a key: managing only as long as its owner may."""
        manages = self.manages(key.owner)
        verbs = frozenset(key.verbs) - (set() if manages else {"manage"})
        return Principal(key.owner, verbs, by="key", until=key.expires, deputy=manages)

    def manages(self, owner: str) -> bool:
        """Tell whether an owner may see to other people's jobs, to tools and keys."""
        return owner == self._self if self.personal else owner in self._admins


def system_user() -> str:
    """Return the name of the operating system's user that runs this server.

    Not from the environment, which may differ from one start of the server to the next.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # containers run under numbers without a name
        return f"uid-{os.getuid()}"
