"""The statuses of a job and the only moves between them."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a job stands; the only values that are stored."""

    SUBMITTED = "SUBMITTED"  # accepted, not yet looked at
    PENDING = "PENDING"  # waits for other jobs, a hold, or the back-off before a retry
    RUNNABLE = "RUNNABLE"  # waits for capacity
    STARTING = "STARTING"  # claimed by the runner, inputs being staged
    RUNNING = "RUNNING"  # its program runs
    SUCCEEDED = "SUCCEEDED"  # ended well, with the outputs it had to write
    FAILED = "FAILED"  # ended otherwise; its reason says how
    CANCELLED = "CANCELLED"  # somebody ended it

    @property
    def final(self) -> bool:
        """True for a status that ends an attempt's story."""
        return self in FINAL


FINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED})
ACTIVE = frozenset({Status.STARTING, Status.RUNNING})

MOVES: dict[Status, frozenset[Status]] = {
    Status.SUBMITTED: frozenset(
        {
            Status.PENDING,
            Status.RUNNABLE,
            Status.SUCCEEDED,  # with the results of an equal job: `cache`
            Status.FAILED,
            Status.CANCELLED,
        }
    ),
    Status.PENDING: frozenset({Status.RUNNABLE, Status.FAILED, Status.CANCELLED}),
    Status.RUNNABLE: frozenset({Status.STARTING, Status.PENDING, Status.FAILED, Status.CANCELLED}),
    Status.STARTING: frozenset({Status.RUNNING, Status.RUNNABLE, Status.FAILED, Status.CANCELLED}),
    Status.RUNNING: frozenset(
        {
            Status.SUCCEEDED,
            Status.FAILED,
            Status.CANCELLED,
            Status.PENDING,
            Status.RUNNABLE,
        }
    ),
    Status.FAILED: frozenset({Status.RUNNABLE}),
    Status.SUCCEEDED: frozenset(),
    Status.CANCELLED: frozenset(),
}


class IllegalMove(ValueError):
    """A change of status that the table of moves does not have: a defect, never user input."""

    def __init__(self, old: Status, new: Status) -> None:
        super().__init__(f"a job cannot go from {old} to {new}")


def check_move(old: Status, new: Status) -> None:
    """Raise `IllegalMove` unless a job may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise IllegalMove(old, new)


class Stage(StrEnum):
    """What an active job is doing, finer than its status."""

    STAGING = "staging"  # its folders and inputs are made ready
    RUNNING = "running"  # its program runs
    COLLECTING = "collecting"  # its program has ended, and its outputs are many or large
    ARCHIVING = "archiving"  # its outputs are copied to where its option archive says
