"""A profile as rows: by role, by module as a tree, by operator, and beside another profile."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import TypeVar

from effprof.core.costs import StaticCost
from effprof.core.profiles import UNATTRIBUTED, OpTime, Profile
from effprof.core.roles import SQUEEZE_EXCITE_ROLES

Key = TypeVar("Key")

#: What the four roles of squeeze-and-excitation are together, and how their names begin.
SQUEEZE_EXCITE = "SE"

#: Role of the sigmoid that makes the gate of squeeze-and-excitation.
GATE = "SE gate"

#: Name of what a module's own forward does beside calling its children.
ITSELF = "(itself)"

#: Operators that are one sigmoid, fused kernels that hold one included.
_SIGMOID = re.compile(r"(?<!log_)(?<![a-z])(hard)?sigmoid")


@dataclass(frozen=True, slots=True)
class Part:
    """Some operators of a step together: `share` is of the time of all operators."""

    calls: int
    seconds: float
    share: float | None


@dataclass(frozen=True, slots=True)
class RoleRow:
    """The time of a role; `macs_share` is its share of the MACs, None where they are unknown."""

    role: str
    part: Part
    macs_share: float | None = None

    @property
    def highlighted(self) -> bool:
        """Whether this is a part of squeeze-and-excitation."""
        return is_squeeze_excite(self.role)


@dataclass(frozen=True, slots=True)
class OpRow:
    """The time of an operator in one role on one set of kernels."""

    op: str
    role: str
    kernels: tuple[str, ...]
    part: Part

    @property
    def highlighted(self) -> bool:
        """Whether this is a sigmoid, or a part of squeeze-and-excitation."""
        return is_squeeze_excite(self.role) or is_sigmoid(self.op)


@dataclass(frozen=True, slots=True)
class ModuleNode:
    """The time of a module with all below it; the children's times sum to its own.

    `squeeze_excite` and `invisible` are the seconds of it in squeeze-and-excitation and in
    operators that FLOP counters score zero. What the module does beside calling its children is
    a child of its own, named `ITSELF`, with the path of its parent.
    """

    name: str
    path: str
    part: Part
    squeeze_excite: float
    invisible: float
    children: tuple["ModuleNode", ...] = ()

    @property
    def highlighted(self) -> bool:
        """Whether nothing but squeeze-and-excitation happens here."""
        return self.part.seconds > 0 and self.squeeze_excite == self.part.seconds


@dataclass(frozen=True, slots=True)
class RoleNode:
    """The time of a module with all below it, down to what plays one role.

    Children are modules in the order of execution, and the roles of what it does beside calling
    them; their times sum to its own. `role` is that of a node without children, else empty.
    """

    name: str
    path: str
    seconds: float
    role: str = ""
    children: tuple["RoleNode", ...] = ()

    @property
    def depth(self) -> int:
        """How many levels there are, this one included."""
        return 1 + max((child.depth for child in self.children), default=0)


@dataclass(frozen=True, slots=True)
class RoleDifference:
    """A role in two profiles; `one` and `other` are absent where a profile has no such role."""

    role: str
    one: Part | None
    other: Part | None

    @property
    def seconds(self) -> float:
        """How much longer the other one takes; negative where it takes less."""
        return _seconds(self.other) - _seconds(self.one)

    @property
    def highlighted(self) -> bool:
        """Whether this is a part of squeeze-and-excitation."""
        return is_squeeze_excite(self.role)


def is_squeeze_excite(role: str) -> bool:
    """Whether a role is one of squeeze-and-excitation's."""
    return role in SQUEEZE_EXCITE_ROLES


def is_sigmoid(op: str) -> bool:
    """Whether an operator is a sigmoid, its backward, or a kernel with one fused into it.

    >>> [is_sigmoid(op) for op in ("hardsigmoid_", "triton_poi_fused_mul_sigmoid_3", "silu")]
    [True, True, False]
    """
    return _SIGMOID.search(op) is not None


def role_rows(profile: Profile, cost: StaticCost | None = None) -> tuple[RoleRow, ...]:
    """Sum the operators by role, largest first; MACs from the static cost of the same cell."""

    def macs_share(role: str) -> float | None:
        if cost is None or not cost.total.macs or role == UNATTRIBUTED:
            return None
        return cost.by_role[role].macs / cost.total.macs if role in cost.by_role else 0.0

    groups = _grouped(profile.ops, lambda op: op.role)
    rows = (RoleRow(role, _part(ops, profile), macs_share(role)) for role, ops in groups.items())
    return tuple(sorted(rows, key=lambda row: -row.part.seconds))


def op_rows(profile: Profile) -> tuple[OpRow, ...]:
    """Sum the operators by name, role and kernels, largest first."""
    groups = _grouped(profile.ops, lambda op: (op.op, op.role, op.kernels))
    rows = (OpRow(*key, _part(ops, profile)) for key, ops in groups.items())
    return tuple(sorted(rows, key=lambda row: -row.part.seconds))


def module_tree(profile: Profile, depth: int) -> ModuleNode:
    """Sum the operators by module, `depth` levels below the model, in the order of execution."""
    return _node("", profile.ops, depth, profile)


def role_tree(profile: Profile) -> RoleNode:
    """Sum the operators by module and, below the last one, by role."""
    return _role_node("", profile.ops)


def leaves(node: ModuleNode) -> Iterator[ModuleNode]:
    """Walk the modules without children; their times sum to that of `node`."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def compare_roles(one: Profile, other: Profile) -> tuple[RoleDifference, ...]:
    """Put the roles of two profiles side by side, the largest difference first."""
    left = {row.role: row.part for row in role_rows(one)}
    right = {row.role: row.part for row in role_rows(other)}
    rows = [RoleDifference(r, left.get(r), right.get(r)) for r in dict.fromkeys([*left, *right])]
    return tuple(sorted(rows, key=lambda row: -abs(row.seconds)))


def differing_parts(rows: Iterable[RoleDifference]) -> dict[str, float]:
    """Sum the differences with all of squeeze-and-excitation as one, the largest first."""
    sums: dict[str, float] = {}
    for row in rows:
        name = SQUEEZE_EXCITE if row.highlighted else row.role
        sums[name] = sums.get(name, 0.0) + row.seconds
    return dict(sorted(sums.items(), key=lambda item: -abs(item[1])))


def role_share(profile: Profile, belongs: Callable[[str], bool]) -> float | None:
    """Share of the time of all operators in the roles that belong; None without operators."""
    return _share(sum(op.seconds for op in profile.ops if belongs(op.role)), profile.op_seconds)


def has_role(profile: Profile, belongs: Callable[[str], bool]) -> bool:
    """Whether any operator plays one of the roles."""
    return any(belongs(op.role) for op in profile.ops)


def coverage(profile: Profile) -> float | None:
    """Time of all operators over the plain step: near one where they explain it."""
    return _share(profile.op_seconds, profile.plain_seconds) if profile.ops else None


def _node(path: str, ops: Sequence[OpTime], depth: int, profile: Profile) -> ModuleNode:
    below = _grouped((op for op in ops if op.module != path), lambda op: _child(op.module, path))
    children: list[ModuleNode] = []
    if depth > 0:
        children = [_node(child, inner, depth - 1, profile) for child, inner in below.items()]
        own = [op for op in ops if op.module == path]
        if children and own:
            children.append(_leaf(ITSELF, path, own, profile))
    leaf = _leaf(path.rpartition(".")[2], path, ops, profile)
    return replace(leaf, children=tuple(children))


def _role_node(path: str, ops: Sequence[OpTime]) -> RoleNode:
    """Make the node of a module; its own operators are told apart from modules by their path."""
    name, seconds = path.rpartition(".")[2], fsum(op.seconds for op in ops)

    def part(op: OpTime) -> tuple[str, str]:
        return (path, op.role) if op.module == path else (_child(op.module, path), "")

    parts = _grouped(ops, part)
    if len(parts) == 1 and (path, ops[0].role) in parts:
        return RoleNode(name, path, seconds, ops[0].role)
    children = (
        RoleNode(role, path, fsum(op.seconds for op in inner), role)
        if role
        else _role_node(below, inner)
        for (below, role), inner in parts.items()
    )
    return RoleNode(name, path, seconds, children=tuple(children))


def _leaf(name: str, path: str, ops: Sequence[OpTime], profile: Profile) -> ModuleNode:
    return ModuleNode(
        name,
        path,
        _part(ops, profile),
        squeeze_excite=sum(op.seconds for op in ops if is_squeeze_excite(op.role)),
        invisible=sum(op.seconds for op in ops if not op.counted),
    )


def _child(module: str, parent: str) -> str:
    """Path of the child of `parent` that holds `module`.

    >>> _child("blocks.0.conv", "blocks"), _child("blocks.0.conv", "")
    ('blocks.0', 'blocks')
    """
    start = len(parent) + 1 if parent else 0
    end = module.find(".", start)
    return module if end < 0 else module[:end]


def _grouped(ops: Iterable[OpTime], key: Callable[[OpTime], Key]) -> dict[Key, list[OpTime]]:
    groups: dict[Key, list[OpTime]] = {}
    for op in ops:
        groups.setdefault(key(op), []).append(op)
    return groups


def _part(ops: Sequence[OpTime], profile: Profile) -> Part:
    seconds = sum(op.seconds for op in ops)
    return Part(len(ops), seconds, _share(seconds, profile.op_seconds))


def _share(seconds: float, total: float) -> float | None:
    return seconds / total if total else None


def _seconds(part: Part | None) -> float:
    return part.seconds if part is not None else 0.0
