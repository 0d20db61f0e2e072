"""Tokens, as UFDL's clients get them: the key that lets in is its own token.

A client logs in with a user name and, as its password, an API key or the server's token. Whose the
key is, it says itself; the name is not looked at.
"""

from __future__ import annotations

from msgspec import Struct

from ...model.errors import Unauthenticated
from ..table import Call


class Login(Struct, frozen=True):
    """Body of obtain."""

    username: str
    password: str


class Refresh(Struct, frozen=True):
    """Body of refresh."""

    refresh: str


class Verify(Struct, frozen=True):
    """Body of verify."""

    token: str


def password(call: Call) -> str:
    """Return the key that a login carries."""
    return call.json(Login).password


def refresh_token(call: Call) -> str:
    """Return the key that a refresh carries."""
    return call.json(Refresh).refresh


def token(call: Call) -> str:
    """Return the key that is to be verified."""
    return call.json(Verify).token


def obtain(call: Call) -> object:
    """Give tokens to who logs in."""
    if call.caller is None:
        raise Unauthenticated(
            "No active account found with the given credentials.",
            field="password",
            hint="The password is an API key of jobs_ext, or the Jupyter server's token.",
        )
    key = password(call)
    return {"access": key, "refresh": key}


def refresh(call: Call) -> object:
    """Give a new token for one that may have run out."""
    _require(call)
    return {"access": refresh_token(call)}


def verify(call: Call) -> object:
    """Say whether a token is good."""
    _require(call)
    return {}


def _require(call: Call) -> None:
    if call.caller is None:
        raise Unauthenticated("Token is invalid or expired.", field="token")
