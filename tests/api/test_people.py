from __future__ import annotations

import os
import pwd

import pytest
from jupyter_server.auth import IdentityProvider, User
from jupyter_server.auth.identity import PasswordIdentityProvider

from jobs_ext.api.people import People, system_user
from jobs_ext.model.key import Key
from jobs_ext.service.principal import VERBS


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
    assert people.principal(User("0a1b")).scope is None
    assert "manage" not in people.of_kernel(User("0a1b")).verbs


def test_people_on_a_shared_server_are_told_apart():
    people = People(Team())
    ada = people.principal(User("ada"))
    assert ada.owner == "ada"
    assert ada.scope == "ada"
    assert people.of_kernel(User("ada")).scope == "ada"


def test_admins_of_a_shared_server_manage_and_their_keys_do():
    people = People(Team(), admins={"ada"})
    assert people.principal(User("ada")).verbs == VERBS
    assert "manage" not in people.principal(User("bob")).verbs
    assert "manage" not in people.of_kernel(User("ada")).verbs
    assert "manage" in people.of_key(a_key("ada", ["read", "manage"])).verbs
    assert people.of_key(a_key("bob", ["read", "manage"])).verbs == {"read"}


def a_key(owner, verbs):
    return Key(id="", name="", owner=owner, verbs=verbs, prefix="", created="")


def test_the_owner_does_not_hang_on_the_environment(monkeypatch):
    name = system_user()
    for variable in ("USER", "LOGNAME", "HOME"):
        monkeypatch.setenv(variable, "somebody")
    assert system_user() == name == pwd.getpwuid(os.getuid()).pw_name


def test_a_user_without_a_name(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 5)
    assert system_user() == f"uid-{2**31 - 5}"
