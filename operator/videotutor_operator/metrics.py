"""What /metrics shows: Prometheus's conventions (base units, `_total`, labels of few values), one constant for each.

Whoever does a thing counts it. What is only a view of something held elsewhere is read when it is scraped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]  # a gauge beside each counter, which nobody asks for

REGISTRY = CollectorRegistry()
"""Ours, and the library's `process_*`; nothing that another package registers in the library's own."""

ProcessCollector(registry=REGISTRY)

PASS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Borders of the histogram: a pass that writes nothing takes about a millisecond, one that times out half a minute."""


class View(Collector):
    """A gauge with one label, whose values are read from `read` at each scrape; none until that is set."""

    def __init__(self, name: str, documentation: str, label: str) -> None:
        self._name = name
        self._documentation = documentation
        self._label = label
        self.read: Callable[[], Mapping[str, float]] = dict
        REGISTRY.register(self)

    def describe(self) -> Iterator[Metric]:
        """The gauge without values, so that registering it reads nothing."""
        yield GaugeMetricFamily(self._name, self._documentation, labels=[self._label])

    def collect(self) -> Iterator[Metric]:
        """The values of now."""
        family = GaugeMetricFamily(self._name, self._documentation, labels=[self._label])
        for label, value in self.read().items():
            family.add_metric([label], value)
        yield family


WORKQUEUE_DEPTH = Gauge(
    "videotutor_workqueue_depth", "VideoJobs that wait for a worker; 0 where none works.", registry=REGISTRY
)
WORKQUEUE_RETRIES = Counter(
    "videotutor_workqueue_retries_total", "Passes planned again because one failed.", registry=REGISTRY
)
RECONCILE_DURATION = Histogram(
    "videotutor_reconcile_duration_seconds",
    "How long one pass over one VideoJob takes, its writes included.",
    buckets=PASS_SECONDS,
    registry=REGISTRY,
)
RECONCILE_ERRORS = Counter("videotutor_reconcile_errors_total", "Passes that failed.", registry=REGISTRY)
STATUS_UNSTORED = Counter(
    "videotutor_status_writes_unstored_total",
    'Statuses that the API server did not store as written: "pruned" or "refused", mostly by a CRD of another version.',
    ["kind"],
    registry=REGISTRY,
)
API_REQUESTS = Counter(
    "videotutor_api_requests_total",
    'Requests to the API server but those of Kopf; code is the HTTP status, or "error" when there was no answer.',
    ["verb", "resource", "code"],
    registry=REGISTRY,
)
VIDEOJOBS = View("videotutor_videojobs", "VideoJobs by phase; only the leader says.", "phase")
REPORTS = Counter("videotutor_reports_total", "Reports to Convex that were tried.", ["outcome"], registry=REGISTRY)
REPORTS_PENDING = Gauge("videotutor_reports_pending", "Reports that wait for Convex.", registry=REGISTRY)
REPORT_LAG = Gauge(
    "videotutor_report_lag_seconds", "Age of the oldest report that Convex has not acknowledged.", registry=REGISTRY
)
LEADER = Gauge("videotutor_leader", "1 in the process that works, 0 in one that stands by.", registry=REGISTRY)
WATCH_AGE = View(
    "videotutor_watch_age_seconds", "Time since a watch last showed a sign of life, by resource.", "resource"
)
