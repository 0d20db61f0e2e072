"""One command: what was typed, the server it goes to, and where its answer is printed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from jobs_ext.client import finder, session
from jobs_ext.client.batch import Batch
from jobs_ext.client.client import Client
from jobs_ext.client.connection import Connection
from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.job import Job

from .exits import Exit
from .printing import Screen


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise `InvalidRequest`."""
        message = message[:1].upper() + message[1:]
        raise InvalidRequest(f"{message}.", field="usage", hint=f"See {self.prog} --help.")


class Call:
    """A command as it was typed; `command` is what stood behind ``--``."""

    def __init__(self, said: argparse.Namespace, command: list[str] | None) -> None:
        self.said = said
        self.command = command
        self.out = Screen(as_json=said.json)

    @cached_property
    def client(self) -> Client:
        """The server that is meant: named by ``--url``, else the one that can be found."""
        url = self.said.url
        if self.said.token is not None:
            return session.use(Client(Connection(self._with_token(url, self.said.token))))
        return session.use(session.connect(url))

    def _with_token(self, url: str | None, token: str) -> finder.Address:
        if not url:
            raise InvalidRequest(
                "--token needs --url.", field="token", hint="Say which server the token is of."
            )
        return finder.Address(finder.extension_url(url), finder.token(token), "--token")

    def handle(self, id: str) -> Job | Batch:  # noqa: A002
        """Return the job or batch with an id; ``last`` is the newest job."""
        return self.client.last() if id == "last" else self.client.get(id)

    def handles(self) -> list[Job | Batch]:
        """Return the jobs and batches whose ids were given; all are there before any is touched."""
        return [self.handle(one) for one in self.said.ids]

    def job(self, id: str) -> Job:  # noqa: A002
        """Return the job with an id. Raises `InvalidRequest` for a batch's."""
        found = self.handle(id)
        if isinstance(found, Batch):
            raise InvalidRequest(
                f"{id} is a batch.",
                field="id",
                value=id,
                hint=f"Its jobs: jupyter jobs list --batch {id}",
            )
        return found


@dataclass(frozen=True)
class Verb:
    """Something that can be done."""

    name: str  # one or two words
    summary: str
    run: Callable[[Call], Exit]
    add: Callable[[argparse.ArgumentParser], Any] = lambda _: None
    dashes: str = ""  # what may stand behind ``--``
    epilog: str = ""

    def parser(self) -> Parser:
        """Return what reads the words behind the name."""
        made = Parser(
            prog=f"jupyter jobs {self.name}",
            description=self.summary,
            epilog=self.epilog or None,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.add(made)
        group = made.add_argument_group("every command")
        group.add_argument("--json", action="store_true", help="print JSON, as the HTTP API has it")
        group.add_argument(
            "--url",
            default=_url(),
            help="the Jupyter server, as in the browser; default: JOBS_EXT_SERVER, else the one "
            "this terminal belongs to, else the only one of yours that runs",
        )
        group.add_argument(
            "--token", help="its token; better in the environment: JOBS_EXT_TOKEN, JUPYTER_TOKEN"
        )
        return made

    def call(self, words: list[str]) -> Call:
        """Return the command that `words` are. Raises `InvalidRequest`."""
        command = None
        if self.dashes and "--" in words:
            at = words.index("--")
            words, command = words[:at], words[at + 1 :]
        return Call(self.parser().parse_intermixed_args(words), command)


def _url() -> str | None:
    return os.environ.get("JOBS_EXT_SERVER") or None
