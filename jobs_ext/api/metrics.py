"""What this server says of its jobs on Jupyter's own ``/metrics``, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from .pulse import Vitals

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds


class Metrics(Collector):
    """Reads nothing itself: a scrape never waits for the store.

    `vitals` returns the last look at the jobs, `cursor` the number of the last event passed on to
    those who listen.
    """

    def __init__(
        self, vitals: Callable[[], Vitals | None], cursor: Callable[[], int | None]
    ) -> None:
        self._vitals = vitals
        self._cursor = cursor
        self._is_open = False
        self.submits = Histogram(
            "jobs_ext_submit_seconds",
            "Time from a submit to its answer, when it is on disk",
            buckets=_BUCKETS,
            registry=None,
        )

    def open(self) -> None:
        """Begin to be part of ``/metrics``."""
        REGISTRY.register(self)
        self._is_open = True

    def close(self) -> None:
        """End that; a second time does nothing."""
        if self._is_open:
            REGISTRY.unregister(self)
        self._is_open = False

    def describe(self) -> list[Metric]:
        """Name nothing in advance: two servers in one process have the same names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield what is known now."""
        yield from self.submits.collect()
        vitals = self._vitals()
        yield _gauge("store_up", "1 when the job store can be read", vitals is not None)
        if vitals is None:
            return
        jobs = GaugeMetricFamily("jobs_ext_jobs", "Jobs by status", labels=["status"])
        for status, number in vitals.counts.items():
            jobs.add_metric([status], number)
        yield jobs
        yield _gauge("runner_up", "1 when the runner of jobs is alive", vitals.has_runner)
        yield _gauge(
            "queue_age_seconds", "Age of the oldest job that waits for room", vitals.queue_age
        )
        cursor = self._cursor()
        behind = 0 if cursor is None else max(0, vitals.head - cursor)
        yield _gauge("events_behind", "Events that listeners have not been told yet", behind)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"jobs_ext_{name}", meaning, value=value)
