"""Child jobs: a job of a tool with steps is shown with a job below it for each of its steps.

Nothing of them is kept. Number, times and state follow from the job and from what its attempt says
of its steps, so that a child is there as long as its job is and never says anything else than it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...model.errors import Conflict
from ...model.job import Job, Step
from ...model.status import Status
from ...service import Service
from ...service.outputs import Numbered
from .filters import Record
from .shapes import CANCELLED, Json, has_outputs, is_cancelled, output, tool_template

CHILDREN = 2**48  # numbers of jobs from here on are those of children; no job gets that far
_EACH = 2**7  # numbers of the children of one job: more than a tool may have steps


class Child(NamedTuple):
    """One of the steps of a job."""

    job: Job
    place: int  # among the steps

    @property
    def pk(self) -> int:
        """The number of the child."""
        return CHILDREN + self.job.pk * _EACH + self.place

    @property
    def step(self) -> Step:
        """What became of it."""
        return self.job.steps[self.place]

    @property
    def folder(self) -> str:
        """How our names of its outputs begin."""
        return f"{self.step.name}/"

    @property
    def status(self) -> Status:
        """Where it stands: when its job was cancelled, it is as soon as that one says so."""
        ends = is_cancelled(self.job) and not self.step.status.final
        return Status.CANCELLED if ends else self.step.status

    @property
    def progress(self) -> float:
        """How far it is: nobody but the whole job says more of that."""
        return float(self.status is Status.SUCCEEDED)

    @property
    def description(self) -> str:
        """What is said of it, in UFDL's words."""
        template = tool_template(self.job)
        meta = f"{template['name']} v{template['version']}"
        return f"child job {self.step.name!r} of meta-job {meta}"

    @property
    def error(self) -> str | None:
        """Why it did not succeed; None while it may."""
        known = {Status.CANCELLED: CANCELLED, Status.FAILED: self.step.reason or ""}
        return known.get(self.status)

    def refusal(self) -> Conflict:
        """Return what is said to who would change it, or do it."""
        return Conflict(
            f"Job {self.pk} is the child job {self.step.name!r} of job {self.job.pk}: all steps of "
            "a job are run, cancelled and deleted together.",
            field="pk",
            value=self.pk,
            hint=f"Ask it of job {self.job.pk}.",
        )


def parted(pk: int) -> tuple[int, int | None]:
    """Return the number of a job, and which of its steps is meant; None for the job itself."""
    return (pk, None) if pk < CHILDREN else divmod(pk - CHILDREN, _EACH)


def own_outputs(child: Child, outputs: Sequence[Numbered]) -> list[Numbered]:
    """Return those of the outputs of its job that a child wrote."""
    there = outputs if has_outputs(child.job) else ()
    return [one for one in there if one.name.startswith(child.folder)]


def children(
    service: Service, jobs: Sequence[Job], told: Sequence[Json]
) -> list[tuple[Child, Json]]:
    """Return the children of jobs, in the order of their steps, and what is told of each.

    `told` is what is told of the jobs themselves, in their order.
    """
    some = [(job, parent) for job, parent in zip(jobs, told, strict=True) if job.steps]
    numbers = service.outputs.numbers(job for job, _ in some)
    return [
        (child, _json(child, parent, numbers.get(job.id, [])))
        for job, parent in some
        for child in (Child(job, place) for place in range(len(job.steps)))
    ]


def _json(child: Child, parent: Json, outputs: Sequence[Numbered]) -> Json:
    """Return what is told of a child, by what is told of its job and by its job's outputs."""
    step, status = child.step, child.status
    return parent | {
        "pk": child.pk,
        "parent": child.job.pk,
        "start_time": step.started,
        "end_time": None if status is Status.CANCELLED else step.stopped,
        "error_reason": child.error,
        "input_values": {},
        "parameter_values": {},
        "outputs": [output(one, child.folder) for one in own_outputs(child, outputs)],
        "description": child.description,
        "is_cancelled": status is Status.CANCELLED,
    }


def child_record(child: Child, told: Json) -> Record:
    """Return what filters see of a child; no launcher can do it by itself."""
    mine = {"progress_amount": child.progress, "owner": child.job.owner, "workable": None}
    return told | mine | {"at": {}}
