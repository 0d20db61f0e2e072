"""Who a request acts for, and what they may do."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
)

from ..service.principal import Principal

if TYPE_CHECKING:
    from jupyter_server.auth import User

_PERSONAL = (IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider)
_OWN = frozenset({"read", "submit", "run"})


class People:
    """Turns Jupyter's users into the service's principals.

    On a one-person server (token, password, or a hub's single-user server) everyone who gets in
    is the same person: Jupyter invents a new user name per request there. With another identity
    provider people are told apart by their user names.
    """

    def __init__(self, provider: IdentityProvider) -> None:
        kind = type(provider)
        self.personal = kind in _PERSONAL or kind.__module__.startswith("jupyterhub.")
        self._self = system_user()

    def owner(self, user: User) -> str:
        """Return the name under which the jobs of `user` are kept."""
        return self._self if self.personal else user.username

    def principal(self, user: User, *, kernel: bool) -> Principal:
        """Return what `user` may do: on a one-person server everything, else with their own jobs.

        A kernel acts for its user, without managing.
        """
        owner = self.owner(user)
        return Principal.all(owner) if self.personal and not kernel else Principal(owner, _OWN)


def system_user() -> str:
    """Return the name of the operating system's user that runs this server.

    Not from the environment, which may differ from one start of the server to the next.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # containers run under numbers without a name
        return f"uid-{os.getuid()}"
