"""The rules of HTTP Live Streaming that players rely on: RFC 8216, its successor draft 8216bis, and Apple's authoring
specification. Each function returns what a playlist breaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

ATTRIBUTES = re.compile(r'([A-Z0-9-]+)=("[^"\n]*"|[^",\s]+)(?:,|$)')
CODECS = re.compile(r'"avc1\.[0-9a-f]{6},mp4a\.40\.2"')
MULTIVARIANT_TAGS = {"EXTM3U", "EXT-X-VERSION", "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-MEDIA", "EXT-X-STREAM-INF"}
HEADER_TAGS = [
    "EXTM3U",
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-START",
]
SEGMENT_TAGS = {"EXTINF", "EXT-X-BYTERANGE", "EXT-X-MAP", "EXT-X-DISCONTINUITY", "EXT-X-ENDLIST"}
MAP_VERSION = 6
"""Least version of a playlist with EXT-X-MAP (8216bis, section 8)."""


def attributes(text: str) -> dict[str, str]:
    """An attribute list (section 4.2); quoted values keep their quotes."""
    found = ATTRIBUTES.findall(text)
    assert ",".join("=".join(pair) for pair in found) == text, f"no attribute list: {text}"
    return dict(found)


def tags(playlist: str) -> list[tuple[str, str]]:
    """Names and values of the tags in their order; an address counts as the tag without a name."""
    return [_tag(line) for line in playlist.splitlines()]


def _tag(line: str) -> tuple[str, str]:
    name, _, value = line.removeprefix("#").partition(":")
    return (name, value) if line.startswith("#") else ("", line)


def multivariant_faults(playlist: str) -> Iterator[str]:
    """What the playlist that a player opens breaks."""
    found = tags(playlist)
    names = [name for name, _ in found]
    if names[0] != "EXTM3U" or set(names) - {""} != MULTIVARIANT_TAGS:
        yield f"tags of a multivariant playlist: {names}"
    if names[-2:] != ["EXT-X-STREAM-INF", ""]:
        yield "an address follows each EXT-X-STREAM-INF"
    values = dict(found)
    yield from _variant_faults(attributes(values["EXT-X-STREAM-INF"]), attributes(values["EXT-X-MEDIA"]))


def _variant_faults(variant: dict[str, str], captions: dict[str, str]) -> Iterator[str]:
    if not CODECS.fullmatch(variant.get("CODECS", "")):
        yield "CODECS names H.264 and AAC as RFC 6381 does"
    for name, form in (("BANDWIDTH", r"\d+"), ("RESOLUTION", r"\d+x\d+"), ("FRAME-RATE", r"\d+\.\d{3}")):
        if not re.fullmatch(form, variant.get(name, "")):
            yield f"{name} looks like {form}"
    if captions["TYPE"] != "SUBTITLES" or variant.get("SUBTITLES") != captions["GROUP-ID"]:
        yield "SUBTITLES names the group of the captions"
    if variant.get("CLOSED-CAPTIONS") != "NONE":
        yield "CLOSED-CAPTIONS says that the picture carries none"
    if not {"NAME", "LANGUAGE", "URI"} <= captions.keys() or captions.get("AUTOSELECT") != "YES":
        yield "captions have a name, a language and an address, and may be chosen by the viewer's language"


def media_faults(playlist: str, *, fragmented: bool) -> Iterator[str]:
    """What a growing playlist breaks; `fragmented`: of fragmented MP4, not of WebVTT."""
    found = tags(playlist)
    values = dict(found)
    if [name for name, _ in found[: len(HEADER_TAGS)]] != HEADER_TAGS:
        yield "what holds for the whole playlist stands once, before the first segment"
    if not {name for name, _ in found[len(HEADER_TAGS) :]} <= SEGMENT_TAGS | {""}:
        yield "a tag that no segment has"
    if int(values["EXT-X-VERSION"]) < MAP_VERSION:
        yield f"EXT-X-MAP needs version {MAP_VERSION}"
    if (values["EXT-X-PLAYLIST-TYPE"], values["EXT-X-MEDIA-SEQUENCE"]) != ("EVENT", "0"):
        yield "nothing is ever taken away at the front"
    longest = int(values["EXT-X-TARGETDURATION"])
    if any(_rounded(value) > longest for name, value in found if name == "EXTINF"):
        yield "no segment, rounded to seconds, is longer than the target"
    if "EXT-X-ENDLIST" in values and found[-1][0] != "EXT-X-ENDLIST":
        yield "after the end there is nothing"
    yield from _segment_faults(found[len(HEADER_TAGS) :], fragmented=fragmented)


def _rounded(value: str) -> int:
    return int(Decimal(value.rstrip(",")).quantize(Decimal(1), ROUND_HALF_UP))


def _segment_faults(found: list[tuple[str, str]], *, fragmented: bool) -> Iterator[str]:
    text = "".join(f"{name or 'address'}\n" for name, _ in found if name != "EXT-X-ENDLIST")
    scene = "EXT-X-MAP\n(EXTINF\nEXT-X-BYTERANGE\naddress\n)+" if fragmented else "(EXTINF\naddress\n)+"
    if not re.fullmatch(f"{scene}(EXT-X-DISCONTINUITY\n{scene})*", text):
        yield f"each scene has its own EXT-X-MAP, after an EXT-X-DISCONTINUITY, and then its segments: {text}"


def growth_faults(before: str, after: str) -> Iterator[str]:
    """What a playlist breaks that a player has loaded again (section 6.2.1)."""
    if "#EXT-X-ENDLIST" in before and after != before:
        yield "a playlist that has ended stays as it is"
    if not after.startswith(before):
        yield "a playlist changes at its end only"
