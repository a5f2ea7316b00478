"""Random values of the contract, for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from videojob.storyboard import Beat, Scene, Storyboard
from videojob.visuals import (
    BulletsVisual,
    ChartVisual,
    CodeLines,
    CodeVisual,
    EquationVisual,
    NumberlineVisual,
    NumberPoint,
    PlotVisual,
    QuoteVisual,
    TableVisual,
    TimelineEvent,
    TimelineVisual,
    TitleVisual,
    Visual,
)

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60)
visuals: st.SearchStrategy[Visual] = st.one_of(
    st.builds(TitleVisual, text=words, subtitle=st.none() | words),
    st.builds(BulletsVisual, items=st.lists(words, min_size=1, max_size=6).map(tuple)),
    st.builds(EquationVisual, latex=words),
    st.builds(PlotVisual, expressions=st.lists(words, min_size=1, max_size=3).map(tuple), caption=st.none() | words),
    st.builds(
        lambda at, label: NumberlineVisual(line_min=0, line_max=5, points=(NumberPoint(at=at, label=label[:16]),)),
        st.floats(0, 5),
        words,
    ),
    st.builds(
        TimelineVisual,
        events=st.lists(
            st.builds(TimelineEvent, date=words.map(lambda word: word[:24]), text=words), min_size=1, max_size=12
        ).map(tuple),
    ),
    st.lists(st.tuples(words.map(lambda word: word[:40]), st.floats(1, 1e6)), min_size=2, max_size=6).map(
        lambda rows: ChartVisual(style="pie", labels=tuple(r[0] for r in rows), values=tuple(r[1] for r in rows))
    ),
    st.lists(st.tuples(words, words), min_size=1, max_size=20).map(
        lambda rows: TableVisual(header=("a", "b"), rows=tuple(rows), highlight_row=len(rows))
    ),
    st.builds(
        CodeVisual,
        source=words.map(lambda word: f"x = {word}"),
        highlights=st.just((CodeLines(first=1),)),
        output=st.none() | words,
    ),
    st.builds(QuoteVisual, quote=words, attribution=st.none() | words),
)
beats = st.builds(Beat, say=words.filter(str.strip), show=st.none() | visuals)


def storyboards(max_scenes: int = 6) -> st.SearchStrategy[Storyboard]:
    """Storyboards of up to so many scenes, named scene-1, scene-2, …"""

    def build(title: str, scenes: list[tuple[str, list[Beat]]]) -> Storyboard:
        return Storyboard(
            title=title,
            scenes=tuple(
                Scene(id=f"scene-{i}", title=name, beats=tuple(told)) for i, (name, told) in enumerate(scenes, 1)
            ),
        )

    scene = st.tuples(words, st.lists(beats, min_size=1, max_size=3))
    return st.builds(build, words, st.lists(scene, min_size=1, max_size=max_scenes))
