"""Random storyboards that can be drawn, and random prompts, for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from videojob.storyboard import Beat, SceneContent
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
    GeometryAngle,
    GeometryShape,
    GeometryVisual,
    ImageVisual,
    NamedPoint,
    NumberlineVisual,
    NumberPoint,
    PlaneVector,
    PlaneVisual,
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
)
from videotutor_renderer.scene.captions import can_be_seen

IMAGE = "0123456789abcdef" * 4
"""Id of the picture that they show."""

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).filter(can_be_seen)
visuals = st.one_of(
    st.builds(TitleVisual, text=text, subtitle=st.none() | text),
    st.builds(BulletsVisual, items=st.lists(text, min_size=1, max_size=6).map(tuple)),
    st.just(EquationVisual(latex=r"\frac{a}{b}")),
    st.just(PlotVisual(expressions=("x^2", "1/x"))),
    st.just(PlotVisual(expressions=("a*x",), sweep=PlotSweep(name="a", start=0, end=2), tangent=PlotTangent(at=1))),
    st.just(
        DiagramVisual(
            nodes=(DiagramNode(id="a", label="cause"), DiagramNode(id="b", label="effect")),
            edges=(DiagramEdge(from_="a", to="b", label="so"),),
        )
    ),
    st.just(ChartVisual(style="bar", labels=("a", "b"), values=(2, -1), caption="c")),
    st.just(NumberlineVisual(line_min=0, line_max=5, points=(NumberPoint(at=2, label="two"),))),
    st.just(
        GeometryVisual(
            named_points=tuple(
                NamedPoint(name=name, at=at) for name, at in (("A", (0, 0)), ("B", (4, 0)), ("C", (0, 3)))
            ),
            shapes=(GeometryShape(shape="polygon", points="ABC"),),
            angles=(GeometryAngle(points="BAC", label="90°"),),
        )
    ),
    st.just(PlaneVisual(vectors=(PlaneVector(by=(2, 1), label="v"),), matrix=((1, 1), (0, 1)))),
    st.just(TimelineVisual(events=tuple(TimelineEvent(date=str(1900 + i), text="it was") for i in range(9)))),
    st.just(TableVisual(header=("a", "b"), rows=(("x", "1"),) * 9, highlight_row=8)),
    st.just(CodeVisual(source="x = 1\nprint(x)", language="python", highlights=(CodeLines(first=1),), output="1")),
    st.builds(QuoteVisual, quote=text, attribution=st.none() | text.map(lambda name: name[:100])),
    st.builds(ImageVisual, image=st.just(IMAGE), alt=text, caption=st.none() | text),
    st.just(DerivationVisual(steps=(DerivationStep(latex="2x=4"), DerivationStep(latex="x=2", reason="divide by 2")))),
    st.builds(SectionVisual, heading=text, tagline=st.none() | text),
    st.builds(QuizVisual, question=text, options=st.just(("a", "b")), answer=st.just(2), explanation=st.none() | text),
    st.builds(RecapVisual, takeaways=st.lists(text, min_size=1, max_size=6).map(tuple)),
)
beats = st.builds(Beat, say=st.text(max_size=300).map(lambda say: say or "so"), show=st.none() | visuals).filter(
    lambda beat: can_be_seen(beat.say) or beat.show is not None
)
contents = st.builds(SceneContent, title=text, beats=st.lists(beats, min_size=1, max_size=12).map(tuple))

MARKUP = (
    "# ",
    "- ",
    "  - ",
    "1. ",
    "- [ ] ",
    "- [x] ",
    "plot: ",
    "say: ",
    "| a |\n|---|\n| ",
    "![x](y)",
    f"![x](image:{IMAGE})",
    "---\n",
    "<!--",
    "$",
    "$$",
    "```",
    "> ",
    "\n",
    "\n\n",
    "x^2",
    "**",
    " ",
)
prompts = (
    st.lists(st.sampled_from(MARKUP) | st.text(max_size=40), min_size=1, max_size=40).map("".join).filter(str.strip)
)
