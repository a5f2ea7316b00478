"""Random values of the contract, for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from videojob.storyboard import Beat, Scene, Storyboard
from videojob.visuals import (
    BulletsVisual,
    ChartVisual,
    CodeLines,
    CodeVisual,
    DerivationStep,
    DerivationVisual,
    DiagramEdge,
    DiagramNode,
    DiagramVisual,
    EquationVisual,
    GeometryShape,
    GeometryVisual,
    ImageVisual,
    NamedPoint,
    NumberlineVisual,
    NumberPoint,
    PlaneVector,
    PlaneVisual,
    PlotArea,
    PlotMovingPoint,
    PlotSweep,
    PlotTangent,
    PlotVisual,
    QuizVisual,
    QuoteVisual,
    RecapVisual,
    SectionVisual,
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
        lambda at, end: PlotVisual(
            expressions=("a*x",),
            sweep=PlotSweep(name="a", start=at, end=9),
            tangent=PlotTangent(at=at),
            area=PlotArea(start=-5, end=at),
            moving_point=PlotMovingPoint(start=end, end=at),
        ),
        st.floats(0, 5),
        st.floats(-5, -1),
    ),
    st.lists(words, min_size=1, max_size=6).map(
        lambda labels: DiagramVisual(
            nodes=tuple(DiagramNode(id=str(i), label=label) for i, label in enumerate(labels)),
            edges=tuple(DiagramEdge(from_=str(i), to="0", label=label[:24]) for i, label in enumerate(labels)),
        )
    ),
    st.builds(
        lambda at, label: NumberlineVisual(line_min=0, line_max=5, points=(NumberPoint(at=at, label=label[:16]),)),
        st.floats(0, 5),
        words,
    ),
    st.builds(
        lambda label: GeometryVisual(
            named_points=(NamedPoint(name="A", at=(0, 0)), NamedPoint(name="B", at=(4, 3))),
            shapes=(GeometryShape(shape="segment", points="AB", label=label[:24]),),
        ),
        words,
    ),
    st.builds(
        lambda x, y: PlaneVisual(vectors=(PlaneVector(by=(x, y)),), matrix=((1, 1), (0, 1))),
        st.floats(1, 9),
        st.floats(-9, 9),
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
    st.builds(ImageVisual, image=st.text("0123456789abcdef", min_size=64, max_size=64), alt=words),
    st.lists(st.builds(DerivationStep, latex=words, reason=st.none() | words), min_size=2, max_size=8).map(
        lambda lines: DerivationVisual(steps=tuple(lines))
    ),
    st.builds(SectionVisual, heading=words, eyebrow=st.none() | words.map(lambda word: word[:40])),
    st.lists(words, min_size=2, max_size=4, unique=True).map(
        lambda options: QuizVisual(question="Which?", options=tuple(options), answer=len(options))
    ),
    st.builds(RecapVisual, takeaways=st.lists(words, min_size=1, max_size=6).map(tuple)),
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
