from __future__ import annotations

import os
import pwd

import pytest
from jupyter_server.auth import IdentityProvider, User
from jupyter_server.auth.identity import PasswordIdentityProvider

from jobs_ext.api.people import People, system_user


class Team(IdentityProvider):
    """Stands for any identity provider that knows people apart."""


class Hub(IdentityProvider):
    """Stands for the one that a hub's single-user server brings."""


Hub.__module__ = "jupyterhub.singleuser.extension"


@pytest.mark.parametrize("provider", [IdentityProvider, PasswordIdentityProvider, Hub])
def test_a_one_person_server_has_one_owner(provider):
    people = People(provider())
    names = {people.owner(User(name)) for name in ("0a1b", "2c3d")}
    assert names == {system_user()}
    assert people.principal(User("0a1b"), kernel=False).scope is None
    assert "manage" not in people.principal(User("0a1b"), kernel=True).verbs


def test_people_on_a_shared_server_are_told_apart():
    people = People(Team())
    ada = people.principal(User("ada"), kernel=False)
    assert ada.owner == "ada"
    assert ada.scope == "ada"
    assert people.principal(User("ada"), kernel=True).scope == "ada"


def test_the_owner_does_not_hang_on_the_environment(monkeypatch):
    name = system_user()
    for variable in ("USER", "LOGNAME", "HOME"):
        monkeypatch.setenv(variable, "somebody")
    assert system_user() == name == pwd.getpwuid(os.getuid()).pw_name


def test_a_user_without_a_name(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 5)
    assert system_user() == f"uid-{2**31 - 5}"
