"""Pictures that stay as they are, in H.264 without an encoder: a P slice in which every macroblock is skipped.

x264 takes two milliseconds to find out that nothing has moved, and most of a lesson is held pictures. What is written
here fits between what x264 writes with the settings of `encode.py`: one slice for each picture, CAVLC, one reference
picture with weights, order of display as of decoding. Numbers in brackets are sections of ITU-T H.264.
"""

from __future__ import annotations

FRAME_NUMBERS = 16
"""MaxFrameNum (7.4.2.1.1): x264 writes numbers of four bits when there are no B-frames."""
_SLICE, _IDR_SLICE = 1, 5
"""nal_unit_type (table 7-1)."""
_START = b"\x00\x00\x01"
_HEADER = b"\x00\x00\x00\x01\x41"
"""A start code, and the header of a NAL unit (7.3.1) that holds a slice which is referred to."""


class HeldPictures:
    """The pictures of one stream, numbered: x264 knows nothing of those between its own."""

    def __init__(self, width: int, height: int) -> None:
        """The size of a picture in pixels."""
        self._macroblocks = -(-width // 16) * -(-height // 16)
        self._number = 0
        self._inserted = 0

    def held(self) -> bytes:
        """A picture like the one before it, as an access unit of Annex B."""
        self._inserted += 1
        self._number = (self._number + 1) % FRAME_NUMBERS
        bits = (
            # first_mb_in_slice 0, slice_type 5 (P), pic_parameter_set_id 0, frame_num (7.3.3)
            f"{_ue(0)}{_ue(5)}{_ue(0)}{self._number:04b}"
            # one reference picture, in its place (7.3.3.1); no weights (7.3.3.2); old ones drop out (7.3.3.3)
            f"1{_ue(0)}0{_ue(0)}{_ue(0)}000"
            # slice_qp_delta 0, disable_deblocking_filter_idc 1; mb_skip_run (7.3.4); the stop bit (7.3.2.11)
            f"{_ue(0)}{_ue(1)}{_ue(self._macroblocks)}1"
        )
        padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
        return _HEADER + int(padded, 2).to_bytes(len(padded) // 8, "big")

    def encoded(self, unit: bytes) -> bytes:
        """An access unit of x264, its picture numbered on from those that were inserted since the last key frame."""
        at = unit.rindex(_START) + len(_START)
        if unit[at] & 31 == _IDR_SLICE:
            self._number = self._inserted = 0
            return unit
        # frame_num follows seven bits, as in `held`: its highest bit ends one byte, three begin the next
        first, second = unit[at + 1 : at + 3]
        self._number = ((first & 1) << 3 | second >> 5) + self._inserted
        self._number %= FRAME_NUMBERS
        renumbered = bytes([first & ~1 | self._number >> 3, (self._number & 7) << 5 | second & 31])
        return unit[: at + 1] + renumbered + unit[at + 3 :]


def _ue(value: int) -> str:
    """An unsigned Exp-Golomb code (9.1)."""
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code
