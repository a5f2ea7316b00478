"""What others need for the same, recorded elsewhere and not measured in a run of this benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recorded:
    """A number of another system. `figure` names the figure of ours that it stands beside, if there is one."""

    system: str
    what: str
    value: str
    source: str
    figure: str = ""
    seconds: float | None = None


_ARGO = "Argo Workflows 4.1"
_OURS = "measured by this project in 2026 on one plain node with 2 cores: steps, defaults, containers that do nothing"

RECORDED = (
    Recorded(_ARGO, "one workflow of plan, 3 steps at once, join", "30.1 s", _OURS, "latency", 30.1),
    Recorded(_ARGO, "20 such workflows at once", "95.8 s", _OURS, "burst", 95.8),
    Recorded("Argo Workflows", "API writes for a workflow of one pod, at peak", "43", "CNOE, 2024"),
    Recorded("Argo Workflows, one controller", "workflows a minute; tuned", "270; 810", "CNOE, 2024"),
    Recorded("Kubernetes' Job controller", "pods a minute at 50 requests/s; at 100", "2,500; 5,000", "KEP-2307, goals"),
)
