"""What may happen to a VideoJob and its Jobs, drawn at random."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.unit.operator.world import BAD_SCENE, BROKEN, LATE, LOST, OUT_OF_MEMORY
from videojob.status import FailureClass
from videotutor_operator.core.model import Wait

MOST_SCENES = 4
DAY = timedelta(days=1)
COIN = st.booleans()
ENDINGS = st.sampled_from([BROKEN, BROKEN, OUT_OF_MEMORY, LATE, LOST, BAD_SCENE])
DISRUPTIONS = st.sampled_from(["PreemptionByScheduler", "EvictionByEvictionAPI", "DeletionByTaintManager"])
SKEWS = st.sampled_from([timedelta(), timedelta(), -DAY, DAY])
"""How far ahead the clock of a node is."""
LINGERS = st.sampled_from([None, None, timedelta(), timedelta(seconds=10)])
"""How long an injected container may still run."""
HELD_UP = st.sampled_from([None, None, Wait(FailureClass.IMAGE_PULL, "no such image"), Wait("NoConfig", "no secret")])

OVERRIDES = st.lists(
    st.fixed_dictionaries(
        {"scene": st.integers(1, MOST_SCENES).map(lambda number: f"scene-{number}")},
        optional={"instruction": st.sampled_from(["shorter", "longer"]), "rerun": st.integers(0, 2)},
    ).filter(lambda override: len(override) > 1),
    max_size=2,
    unique_by=lambda override: override["scene"],
)
EDITS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda value: {"parallelism": value}, st.integers(1, 4)),
    st.builds(lambda value: {"active_deadline_seconds": value}, st.sampled_from([60, 3600])),
    st.builds(lambda value: {"retries": value}, st.integers(0, 2)),
    st.builds(lambda value: {"scene_count": value}, st.integers(1, MOST_SCENES)),
    st.builds(lambda value: {"retry": value}, st.integers(0, 3)),
    st.builds(lambda value: {"rerun": value}, st.integers(0, 2)),
    st.builds(lambda value: {"scene_overrides": value}, OVERRIDES),
    st.builds(lambda value: {"prompt": value}, st.sampled_from(["Explain limits", "Explain integrals"])),
    st.builds(lambda value: {"output": {"resolution": value}}, st.sampled_from(["480p", "720p"])),
    st.builds(lambda value: {"pod_template": {"node_selector": {"disk": value}}}, st.sampled_from(["fast", "slow"])),
    st.builds(lambda value: {"fail_fast": value}, st.booleans()),
    st.just({"ttl_seconds_after_finished": 31_000_000}),
)
VIDEOS = st.fixed_dictionaries(
    {"scenes": st.integers(1, MOST_SCENES), "retries": st.integers(0, 2), "parallelism": st.integers(1, 4)}
)
