from __future__ import annotations

import pytest

from dev.cluster import kind, report
from dev.cluster.report import is_running


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("kube-system coredns-1 1/1 Running 0 5m", True),
        ("kube-system coredns-1 1/1 Running 1 (23s ago) 5m", True),
        ("kube-system coredns-1 0/1 Running 0 5m", False),
        ("videotutor scene-1 0/1 Pending 0 1s", False),
        ("videotutor api-1 0/1 CrashLoopBackOff 4 5m", False),
    ],
)
def test_a_pod_runs_when_all_its_containers_are_ready(row: str, *, expected: bool) -> None:
    assert is_running(row.split()) is expected


def test_only_the_clusters_own_pods_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = (
        "kube-system coredns-1 0/1 Running 0 5m\n"
        "videotutor scene-1 0/1 Pending 0 1s\n"
        "videotutor api-1 1/1 Running 0 1s\n"
    )
    monkeypatch.setattr(kind, "kubectl", lambda *_: listed)

    assert report._pods(None) == [  # type: ignore[arg-type]
        (False, "pods of the cluster itself: 1, of which 1 are not ready"),
        (False, "pod kube-system coredns-1 0/1 Running"),
        (True, "other pods at work: 2, of which 1 are not ready"),
    ]
