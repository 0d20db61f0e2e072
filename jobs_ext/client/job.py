"""The handle of a job. It is only an id: it survives pickling, a new kernel, another notebook."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from jobs_ext.model import job as model
from jobs_ext.model.reasons import ReasonCode
from jobs_ext.model.status import Status

from .errors import ArchiveFailed, InvalidRequest, WaitTimeout
from .handle import Handle
from .targets import checked_options, to_wire
from .wire import Reference, plain

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from jobs_ext.model.grant import Grant
    from jobs_ext.model.provenance import Provenance

    from .client import Client
    from .errors import JobFailed
    from .outputs import OutputReference, Outputs
    from .waiting import Look

# What a submit does not need is imported where it is used: the first job shall not wait for it.

_NEVER_AGAIN = (Status.SUCCEEDED, Status.CANCELLED)


class Job(Handle, Reference):
    """One submitted run. Usable as another job's argument."""

    kind = "job"

    def __init__(self, client: Client, snapshot: model.Job) -> None:
        super().__init__(client, snapshot.id)
        self._snapshot: model.Job | None = snapshot

    def __repr__(self) -> str:
        known = self._snapshot
        if known is None:
            return f"<job {self.id}>"
        reason = f": {known.reason}" if known.reason else ""
        return f"<job {known.name!r} {known.status}{reason} {self.id}>"

    def refresh(self, wait: int = 0) -> model.Job:
        """Return what the server says of it now, or when it ended within `wait` seconds.

        What can't change any more is not asked again.
        """
        if self._snapshot is None or self._snapshot.status not in _NEVER_AGAIN:
            self._snapshot = self.client.job(self.id, wait)
        return self._snapshot

    def view(self) -> dict[str, Any]:
        """Return what there is to see of it, as plain JSON."""
        from jobs_ext.model.view import view_model

        return view_model(self.refresh())

    @property
    def name(self) -> str:
        """Its name: that of its target unless an option gave another."""
        return (self._snapshot or self.refresh()).name

    @property
    def status(self) -> str:
        """Where it stands: SUBMITTED, PENDING, RUNNABLE, STARTING, RUNNING or a final one."""
        return str(self.refresh().status)

    @property
    def reason(self) -> str | None:
        """Why it waits or failed, as one sentence."""
        return self.refresh().reason

    @property
    def reason_code(self) -> str | None:
        """Why it waits or failed, as a word for programs, e.g. ``out_of_memory``."""
        return self.refresh().reason_code

    @property
    def reused(self) -> bool:
        """Whether it did not run: it took over the results of an equal job (``cache``)."""
        return (self._snapshot or self.refresh()).reason_code == ReasonCode.REUSED

    @property
    def stage(self) -> str | None:
        """What it is doing, finer than its status."""
        return self.refresh().stage

    @property
    def progress(self) -> model.Progress | None:
        """How far it says it is: ``.fraction`` (0 to 1), ``.message`` and ``.data``."""
        return self.refresh().progress

    @property
    def attempts(self) -> list[model.Attempt]:
        """Its tries at running, each with exit code, times and memory."""
        return self.refresh().attempts

    @property
    def steps(self) -> list[model.Step]:
        """Of a tool with steps: each one's name, status, exit code and times, in their order."""
        return self.refresh().steps

    @property
    def arguments(self) -> dict[str, Any]:
        """What it was given."""
        return (self._snapshot or self.refresh()).arguments

    @property
    def batch(self) -> str | None:
        """The id of the batch it belongs to."""
        return (self._snapshot or self.refresh()).batch

    @property
    def batch_index(self) -> int | None:
        """Its place in that batch, from 0: which argument set it has."""
        return (self._snapshot or self.refresh()).batch_index

    def wait(self, timeout: float | None = None) -> Job:
        """Wait until it has ended, whichever way, and return it.

        Raises `WaitTimeout` after `timeout` seconds; the job itself goes on.
        """
        from . import waiting

        waiting.until_ended(self, timeout)
        return self

    def look(self, wait: int = 0) -> Look:
        """Return how far it is, asking the server: now, or at its end within `wait` seconds."""
        from . import progressline, waiting

        known = self.refresh(wait)
        return waiting.Look(known.status.final, *progressline.of_job(known))

    def result(self, timeout: float | None = None, *, trust: bool = False) -> Any:
        """Wait, and return a function's value, a notebook's kept values, else the outputs.

        Raises `JobFailed` with the reason, the remote traceback or the end of the log;
        `WaitTimeout`; `Forbidden` for another owner's pickle, unless `trust`.
        """
        from . import results

        self.wait(timeout)
        return results.result(self.client, self.refresh(), trust=trust)

    def exception(self, timeout: float | None = None) -> JobFailed | None:
        """Wait, and return what `result` would raise of a job that has none; else None.

        Raises `WaitTimeout` after `timeout` seconds; the job itself goes on.
        """
        from . import results

        self.wait(timeout)
        known = self.refresh()
        return None if known.status is Status.SUCCEEDED else results.failure(self.client, known)

    def __await__(self) -> Generator[Any, None, Any]:
        """Return its result without blocking the event loop."""
        return self._awaited().__await__()

    async def _awaited(self) -> Any:
        import asyncio

        from . import results, waiting

        await waiting.awaited(self)
        return await asyncio.to_thread(results.result, self.client, self.refresh())

    def cancel(self) -> Job:
        """Cancel it: its whole process tree ends. Does nothing to one that has ended."""
        self.client.cancel("job", self.id)
        self.refresh()
        return self

    def hold(self) -> Job:
        """Let it wait for `release`, if it waits; it raises `Conflict` otherwise."""
        self.client.change("job", self.id, hold=True)
        self.refresh()
        return self

    def prioritize(self, priority: int) -> Job:
        """Give it another priority while it waits: larger runs earlier."""
        self.client.change("job", self.id, priority=priority)
        self.refresh()
        return self

    def release(self) -> Job:
        """Let it go, if it was submitted with ``hold=True``."""
        self.client.release("job", self.id)
        self.refresh()
        return self

    def history(self) -> list[model.Event]:
        """Return what happened to it, in order: every change, with its time and its data."""
        return self.client.history(self.id)

    def code(self) -> str:
        """Return the Python that submits a job like this; of a function it is a rerun."""
        return self.client.code(self.id)

    @property
    def notebook(self) -> str | None:
        """The notebook it was submitted from, as Jupyter names it: below the server's root."""
        return (self._snapshot or self.refresh()).notebook

    @property
    def provenance(self) -> Provenance:
        """Where it came from: notebook, cell, git commit, interpreter, packages, input hashes."""
        return self.client.provenance(self.id)

    def delete(self) -> None:
        """Hide it, cancelling it if it runs."""
        self.client.delete("job", self.id)

    def reinstate(self) -> Job:
        """Take it out of the trash, into which `delete` put it."""
        self.client.reinstate("job", self.id)
        return self

    def purge(self) -> None:
        """Remove it for good, with its logs and outputs; it is cancelled first if it runs."""
        self.client.purge("job", self.id)

    def rerun(self, **changes: Any) -> Job:
        """Submit it again as a new job; `changes` are arguments, or ``options={…}``."""
        options = changes.pop("options", {})
        if not isinstance(options, dict):
            raise InvalidRequest(
                "options is a dict.", field="options", hint="rerun(options={'memory': '2GB'})"
            )
        arguments = {name: plain(value, f"arguments.{name}", {}) for name, value in changes.items()}
        return self.client.rerun(self.id, arguments, to_wire(checked_options(options)))

    def reset(self) -> Job:
        """Let it run once more after it FAILED: a new attempt, for which `result` waits again."""
        self.client.reset("job", self.id)
        self.refresh()
        return self

    def abort(self) -> Job:
        """Take it from its node, which may be gone: it waits for another. Else `Conflict`."""
        self.client.abort(self.id)
        return self

    @property
    def grants(self) -> list[Grant]:
        """Who else may do what with it."""
        return self.client.grants(f"jobs/{self.id}")

    def share(
        self, grantee: str, *, read: bool = True, write: bool = False, execute: bool = False
    ) -> Job:
        """Let a user, or ``"world"``, read it; with `write` also cancel, change, delete and share.

        `execute` lets them reset it, and rerun it as a job of their own. What was granted to them
        before is replaced.
        """
        self.client.share(f"jobs/{self.id}", grantee, read=read, write=write, execute=execute)
        return self

    def unshare(self, grantee: str | None = None) -> Job:
        """Take back what was granted to a user or to ``"world"``; without a name, to everybody."""
        self.client.unshare(f"jobs/{self.id}", grantee)
        return self

    def logs(self, stream: str | None = None, attempt: int | None = None) -> str:
        """Return what it wrote: ``stdout``, ``stderr``, or by default the one after the other."""
        from . import waiting

        streams = [stream] if stream else ["stdout", "stderr"]
        texts = [waiting.whole_log(self.client, self.id, one, attempt) for one in streams]
        return "".join(t if t.endswith("\n") or t is texts[-1] else f"{t}\n" for t in texts if t)

    def follow(self, stream: str | None = None) -> Iterator[str]:
        """Yield what it writes, line by line, until it has ended."""
        from . import waiting

        with waiting.interruptible(waiting.stopped(self)):
            yield from waiting.follow(self, [stream] if stream else ["stdout", "stderr"])

    @property
    def outputs(self) -> Outputs:
        """Its outputs by name; complete once it has ended."""
        from .outputs import Outputs

        return Outputs(self.client.connection, self.refresh(), changed=self._forget)

    def _forget(self) -> None:
        """Let the next look ask the server."""
        self._snapshot = None

    def outputs_of(self, attempt: int) -> Outputs:
        """Return the outputs of an attempt (from 1), e.g. of one before a retry."""
        from .outputs import Outputs

        return Outputs(self.client.connection, self.refresh(), attempt)

    def outputs_so_far(self) -> Outputs:
        """Return its outputs with the files that it has written so far; these may still grow."""
        from .outputs import Outputs

        return Outputs(self.client.connection, self.refresh(), so_far=True)

    def reference(self) -> dict[str, Any]:
        """Return the JSON by which a request names its main output: its value, of a function."""
        return {"$output": {"job": self.id}}

    def output(self, name: str) -> OutputReference:
        """Return an output that need not be there yet, as an argument for another job."""
        from .outputs import OutputReference

        return OutputReference(self.id, name)

    def save(self, dest: str | os.PathLike[str], *, zip: bool = False) -> list[Path]:  # noqa: A002
        """Wait, and copy all outputs below the folder `dest`, or into the one file `dest` (`zip`).

        Returns the files.
        """
        self.wait()
        return [self.outputs.save_zip(dest)] if zip else self.outputs.save(dest)

    def archive(self, folder: str, timeout: float | None = None) -> Job:
        """Wait, and have its outputs copied into a `folder` that Jupyter's file browser shows.

        The folder is named as there: below the server's root; ``{id}`` stands for the job's id.
        From then on its outputs are served from there. Raises `ArchiveFailed`, `WaitTimeout`.
        """
        from . import waiting

        self.wait(timeout)
        found = self.client.archive(self.id, folder)
        for pause in waiting.pauses(timeout):
            if found.status != "waiting":
                break
            pause()
            found = self.client.archive(self.id)
        self._forget()
        if found.status == "failed":
            raise ArchiveFailed(f"Not archived in {found.folder}: {found.reason}.")
        if found.status == "waiting":
            raise WaitTimeout(f"{self!r} is not archived after {timeout} s; that goes on.")
        return self

    def df(
        self,
        output: str | None = None,
        engine: str = "pandas",
        *,
        trust: bool = False,
        **read_options: Any,
    ) -> Any:
        """Wait, and return its table: the output named, else the one that must be meant.

        `engine` is pandas, polars or pyarrow; `read_options` go to its reader. Raises `JobFailed`
        and, when no or several outputs could be meant, `AmbiguousOutput` naming them.
        """
        from . import results

        self.wait()
        job = self.refresh()
        return results.frame(self.client, job, output, engine, trust=trust, **read_options)
