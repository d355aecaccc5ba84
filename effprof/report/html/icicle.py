"""A profile as an icicle: each module a box as wide as its time, above the modules it calls.

It is nested lists, so that it is read aloud as a tree and needs no script.
"""

from markupsafe import Markup

from effprof.analysis.profile_tables import RoleNode
from effprof.core.units import duration, percent
from effprof.report.groups import ROLE_GROUPS, group_of

#: Characters of a name that a box has room for where it takes all of the width (13 px letters on
#: the widest page), the fewest that tell anything, and what its edges take.
_ROOM, _FEWEST, _EDGES = 150, 3, 1

_COLOURS = {group.name: group.colour for group in ROLE_GROUPS}


def icicle(root: RoleNode, model: str, scale: float, seconds: float) -> Markup:
    """Draw the modules of a step in which the whole width is `scale` seconds.

    `seconds` is the time of all operators, of which boxes tell their share.
    """
    return Markup('<ul class="icicle">{}</ul>').format(
        _Drawn(scale, seconds).box(root, scale, model)
    )


class _Drawn:
    """Draws boxes on one scale."""

    def __init__(self, scale: float, seconds: float) -> None:
        self._scale, self._seconds = scale, seconds

    def box(self, node: RoleNode, above: float, name: str = "") -> Markup:
        """Draw a box within one that takes the time `above`, and what is below it."""
        share = node.seconds / self._seconds if self._seconds else 0.0
        where = f"{node.path}: " if node.path else ""
        told = (
            f"{where}{node.role or node.name or name}, {duration(node.seconds)}, {percent(share)}"
        )
        return Markup('<li style="width:{}"><span title="{}"{}{}>{}</span>{}</li>').format(
            f"{100 * node.seconds / above:.4g}%" if above else "0",
            told,
            self._class(node, node.name or name),
            _paint(node.role),
            node.name or name,
            self._below(node),
        )

    def _below(self, node: RoleNode) -> Markup:
        if not node.children:
            return Markup()
        boxes = Markup().join(self.box(child, node.seconds) for child in node.children)
        return Markup("<ul>{}</ul>").format(boxes)

    def _class(self, node: RoleNode, name: str) -> Markup:
        """Hide the name in a box that is too narrow for any of it."""
        room = _ROOM * node.seconds / self._scale if self._scale else 0.0
        return Markup(' class="thin"' if room < min(len(name), _FEWEST) + _EDGES else "")


def swatch(group: str) -> Markup:
    """Give the colour of a group of roles as a small box."""
    return Markup('<span class="swatch" style="background:{}"></span>').format(_COLOURS[group])


def _paint(role: str) -> Markup:
    """Give a box the colour of its role, and letters that can be read on it."""
    if not role:
        return Markup()
    colour = _COLOURS[group_of(role)]
    return Markup(' style="background:{};color:{}"').format(colour, _letters(colour))


def _letters(colour: str) -> str:
    """Choose black or white, whichever stands out more by the contrast of WCAG 2.

    >>> _letters("#08306b"), _letters("#fee08b")
    ('#fff', '#000')
    """
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    light = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#fff" if 1.05 / (light + 0.05) > (light + 0.05) / 0.05 else "#000"
