"""The metrics of /metrics, by Prometheus's conventions (base units, `_total`, labels of few values), one constant each.

The module that does something counts it. A gauge of another module's state reads it at each scrape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]  # an unused gauge for each counter

REGISTRY = CollectorRegistry()
"""The operator's metrics and the library's `process_*`, without what other packages register."""

ProcessCollector(registry=REGISTRY)

PASS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Buckets of a pass: one that writes nothing takes about a millisecond, one that times out half a minute."""

WORK_SECONDS = (1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 10_800)
"""Buckets of waiting and rendering: from a draft of one scene to a video that waits in a queue for hours."""

MOST_NAMESPACES = 200
"""Namespaces that have label values of their own."""
OTHER = "other"
"""Label value of all further namespaces."""

_namespaces: set[str] = set()


def namespace_label(namespace: str) -> str:
    """Return the label value of a namespace: its name for the first 200 of this process, else "other"."""
    if namespace not in _namespaces and len(_namespaces) >= MOST_NAMESPACES:
        return OTHER
    _namespaces.add(namespace)
    return namespace


class View(Collector):
    """A gauge with one label, whose values `read` returns at each scrape; none until it is set."""

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
        """The current values."""
        family = GaugeMetricFamily(self._name, self._documentation, labels=[self._label])
        for label, value in self.read().items():
            family.add_metric([label], value)
        yield family


WORKQUEUE_DEPTH = Gauge(
    "videotutor_workqueue_depth", "VideoJobs that wait for a worker; 0 in a standby.", registry=REGISTRY
)
WORKQUEUE_RETRIES = Counter(
    "videotutor_workqueue_retries_total", "Passes scheduled again because one failed.", registry=REGISTRY
)
RECONCILE_DURATION = Histogram(
    "videotutor_reconcile_duration_seconds",
    "Duration of one pass over one VideoJob, its writes included.",
    buckets=PASS_SECONDS,
    registry=REGISTRY,
)
RECONCILE_ERRORS = Counter("videotutor_reconcile_errors_total", "Passes that failed.", registry=REGISTRY)
API_REQUESTS = Counter(
    "videotutor_api_requests_total",
    'Requests to the API server except those of Kopf; code is the HTTP status, or "error" when there was no response.',
    ["verb", "resource", "code"],
    registry=REGISTRY,
)
VIDEOJOBS = View("videotutor_videojobs", "VideoJobs by phase, as the leader observes them.", "phase")
VIDEOJOBS_FINISHED = Counter(
    "videotutor_videojobs_finished_total",
    "VideoJobs that reached a terminal phase; namespace by `namespace_label`.",
    ["namespace", "phase", "reason"],
    registry=REGISTRY,
)
VIDEO_DURATION = Histogram(
    "videotutor_video_duration_seconds",
    "Time from the start of the work on a VideoJob to its success; namespace by `namespace_label`.",
    ["namespace"],
    buckets=WORK_SECONDS,
    registry=REGISTRY,
)
STAGE_DURATION = Histogram(
    "videotutor_stage_duration_seconds",
    "Time of a VideoJob's stage, plan, render or stitch, from its beginning or the newest edit to its end.",
    ["stage"],
    buckets=WORK_SECONDS,
    registry=REGISTRY,
)
QUEUE_WAIT = Histogram(
    "videotutor_queue_wait_seconds",
    "Time from the creation of a Job to the start of its container.",
    buckets=WORK_SECONDS,
    registry=REGISTRY,
)
ATTEMPTS = Counter(
    "videotutor_attempts_total",
    'Attempts that ended, by task (plan, scene, stitch) and class of failure; class is "Succeeded" for a success.',
    ["task", "class"],
    registry=REGISTRY,
)
SCENES_REUSED = Counter(
    "videotutor_scenes_reused_total", "Scenes that were found in the store instead of rendered.", registry=REGISTRY
)
STATUS_UNSTORED = Counter(
    "videotutor_status_writes_unstored_total",
    "Status writes whose result differs from what was sent, by kind, such as a field that an older CRD prunes.",
    ["kind"],
    registry=REGISTRY,
)
REPORTS = Counter("videotutor_reports_total", "Reports to Convex that were sent.", ["outcome"], registry=REGISTRY)
REPORTS_PENDING = Gauge("videotutor_reports_pending", "Reports that wait for Convex.", registry=REGISTRY)
REPORT_LAG = Gauge(
    "videotutor_report_lag_seconds", "Age of the oldest report that Convex has not acknowledged.", registry=REGISTRY
)
LEADER = Gauge("videotutor_leader", "1 in the leader, 0 in a standby.", registry=REGISTRY)
WATCH_AGE = View(
    "videotutor_watch_age_seconds", "Time since a watch last showed a sign of life, by resource.", "resource"
)
