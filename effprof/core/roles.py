"""Roles: the part an operator plays, told from what it is (shapes) and where it stands (modules).

Pure rules on names and shapes, so that static cost and profiles sort operators alike. The table
`ROLES` is ordered; its first matching row names the role and its last row catches all.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from effprof.core.costs import Phase

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OpSite:
    """One operator call: what it is, and where it stands.

    `op` is the ATen name without namespace and overload (`convolution`, `add_`), `shapes` are the
    shapes of its tensor operands in order, `path` and `classes` the enclosing module and the class
    names of all enclosing modules, outermost first. `groups` of a convolution is derived from the
    shapes when None (which a transposed convolution must not leave so). `origin` is, for a backward
    op, the position of the forward op it differentiates. `in_squeeze_excite` and `in_classifier`
    are filled in by `roles_of`, which sees all sites of a step.
    """

    op: str
    phase: Phase = "forward"
    shapes: tuple[Shape, ...] = ()
    path: str = ""
    classes: tuple[str, ...] = ()
    groups: int | None = None
    origin: int | None = None
    in_squeeze_excite: bool = False
    in_classifier: bool = False

    @property
    def is_conv(self) -> bool:
        """Whether this is a convolution or its backward, of any library."""
        return _CONVOLUTION.fullmatch(self.op) is not None and len(self.shapes) >= 2

    @property
    def is_product(self) -> bool:
        """Whether this convolves or multiplies matrices, as far as its name tells."""
        return self.is_conv or any(
            _is(self, names)
            for names in (_MATRIX_PRODUCT, _BATCHED_PRODUCT, _FUSED_ATTENTION, _RECURRENT)
        )

    @property
    def image(self) -> Shape:
        """Shape of a convolution's input: (N, C, *spatial)."""
        return self.shapes[self._image_operand]

    @property
    def weight(self) -> Shape:
        """Shape of a convolution's weight: (C_out, C_in / groups, *kernel)."""
        return self.shapes[self._image_operand + 1]

    @property
    def _image_operand(self) -> int:
        return 1 if self.op.endswith("_backward") else 0

    @property
    def in_channels(self) -> int:
        """Input channels of a convolution."""
        return self.image[1]

    @property
    def conv_groups(self) -> int:
        """Groups of a convolution; without a stated number, C_in over the weight's second size.

        Of a transposed one that size is C_out / groups: without a stated number it has none.
        """
        if self.groups is not None:
            return self.groups
        return 1 if "transpose" in self.op else self.in_channels // self.weight[1]

    @property
    def kernel(self) -> Shape:
        """Spatial sizes of a convolution's kernel."""
        return self.weight[2:]

    @property
    def innermost(self) -> str:
        """Class name of the module whose own code made this call; empty outside of any."""
        return self.classes[-1] if self.classes else ""

    @property
    def touches_map(self) -> bool:
        """Whether any operand holds more than one value per image and channel."""
        return not all(_is_vector(shape) for shape in self.shapes)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the role table: the role's name and the sites that play it."""

    role: str
    matches: Callable[[OpSite], bool]


#: Convolutions of any library: (input, weight, ...), a backward (gradient, input, weight, ...).
_CONVOLUTION = re.compile(
    r"conv(_transpose)?[123]d(_(add|relu|dynamic))*|_?convolution(_overrideable|_backward)*|conv_tbc"
    r"|thnn_conv2d|_slow_conv2d_forward|slow_conv3d_forward|slow_conv_(dilated|transpose)[23]d"
    r"|_?conv_depthwise[23]d|_?deform_conv2d(_backward)?|_nnpack_spatial_convolution"
    r"|(cudnn|miopen|mkldnn|_mps)_(depthwise_)?convolution(_transpose|(_add)?_relu)?(_backward)?"
)

#: Recurrent operators: all steps of all layers, one layer, or one step.
_RECURRENT = re.compile(
    r"((_cudnn|miopen)_)?(rnn|gru|lstm)(_(tanh|relu))?(_cell)?(_backward)?"
    r"|mkldnn_rnn_layer(_backward)?"
)

#: Modules of recurrent layers, whose steps torch runs as one operator or one by one.
_RECURRENT_CLASSES = frozenset({"RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell"})

#: Modules that gate channels by a global squeeze, by class name: timm, torchvision, common habits.
SQUEEZE_EXCITE_CLASSES = frozenset(
    {
        "SqueezeExcite",
        "SqueezeExciteCl",
        "SqueezeExcitation",
        "QuantizableSqueezeExcitation",
        "SqueezeAndExcitation",
        "SEModule",
        "SELayer",
        "SEBlock",
        "EffectiveSEModule",
        "EseModule",
        "EcaModule",
        "CecaModule",
    }
)

#: Modules that are one non-linearity, whatever ops they are written in (`x * sigmoid(x)`, clones).
_ACTIVATION_CLASS = re.compile(
    r"(Hard|Quick|Leaky|P|C|S|R|Star|Squared|MemoryEfficient|Unfused)?"
    r"(SiLU|[Ss]wish|Mish|[Ss]igmoid|ReLU6?|LU|ELU|GELU|Tanh|tanh|Softplus)(Me|Tanh)?"
)
_ACTIVATION = re.compile(
    r"silu|(|leaky_|p|r)relu6?|_prelu_kernel|gelu|mish|[cs]?elu|(hard|soft)?tanh|softplus"
    r"|hardswish|(hard|log_)?sigmoid|threshold|clamp(_min|_max)?"
)
_GATE = re.compile(r"(hard)?sigmoid")
_GATE_CLASS = re.compile(r"(Hard)?[Ss]igmoid(Me)?")
_POOL = re.compile(r"mean|sum|amax|_?(adaptive_)?(avg|max)_pool[123]d(_with_indices)?")
_MATRIX_PRODUCT = re.compile(
    r"_?addmm(_activation)?|mm|addmv|mv|addr|v?dot|matmul|_dyn_quant_matmul_4bit"
    r"|_(int|scaled)_mm(_v2)?|_weight_int[48]pack_mm.*"
    r"|(mkldnn_|_mixed_dtypes_)?linear(_(relu|leaky_relu|tanh|dynamic|dynamic_fp16))*(_backward)?"
)
_BATCHED_PRODUCT = re.compile(r"bmm|baddbmm|addbmm|einsum|_trilinear|bilinear")
_FUSED_ATTENTION = re.compile(
    r".*scaled_dot_product.*|_(flash|efficient|cudnn)_attention_(forward|backward)"
    r"|_(native|triton)_multi_head_attention|_transformer_encoder_layer_fwd"
    r"|_triton_scaled_dot_attention"
)
_ATTENTION = re.compile(r"(_|_safe_)?softmax")
_LOSS = re.compile(r"_?log_softmax|nll_loss.*|cross_entropy_loss")
_ADDITION = re.compile(r"add")
_PRODUCT = re.compile(r"mul")
_CAST = re.compile(r"_?to(_copy)?")
_COPY = re.compile(
    r"clone|copy|contiguous|cat|stack|(constant_|reflection_)?pad(_nd|2d)?|fill"
    r"|(new_)?(zeros?|ones)(_like)?|roll|flip|index(_select)?|repeat|im2col|channel_shuffle"
    r"|pixel_(un)?shuffle|(slice|select|split)_backward"
)


def _is_vector(shape: Shape) -> bool:
    """Whether a tensor (N, ...) holds one value per channel: at most one further size above 1."""
    return sum(size > 1 for size in shape[1:]) <= 1


def _is(site: OpSite, names: re.Pattern[str]) -> bool:
    """Whether the op has one of these names; the in-place form `add_` is `add` too."""
    return names.fullmatch(site.op.rstrip("_")) is not None


def _normalises(site: OpSite) -> bool:
    named = "Norm" in site.innermost and "Conv" not in site.innermost
    return "norm" in site.op or named


def _multiplies_batches(site: OpSite) -> bool:
    """Whether this is a product of many pairs of matrices; `matmul` is one of such operands.

    A linear layer is none: torch multiplies a weight as often as there are images, where their
    layout would have to be copied otherwise.
    """
    batched = site.op == "matmul" and min(map(len, site.shapes[:2]), default=0) > 2
    return (batched or _is(site, _BATCHED_PRODUCT)) and not _is_linear_layer(site)


def _is_linear_layer(site: OpSite) -> bool:
    return site.innermost.endswith("Linear")


def _attends(site: OpSite) -> bool:
    return _multiplies_batches(site) or _is(site, _FUSED_ATTENTION) or _is(site, _ATTENTION)


def _is_recurrent(site: OpSite) -> bool:
    return _is(site, _RECURRENT) or site.innermost in _RECURRENT_CLASSES


def _scales(site: OpSite) -> bool:
    two_tensors = _is(site, _PRODUCT) and len(list(filter(None, site.shapes))) == 2
    return two_tensors and _ACTIVATION_CLASS.fullmatch(site.innermost) is None


def _adds_residual(site: OpSite) -> bool:
    if not _is(site, _ADDITION) or len(site.shapes) < 2:
        return False
    one, other = site.shapes[:2]
    return one == other and len(one) > 2


#: What a backward `add` does: autograd sums the gradients of a tensor that was used more than once.
_ACCUMULATION = "gradient accumulation"

#: Every role, in order: the first row that matches names the op, the last one catches all.
ROLES: tuple[Rule, ...] = (
    Rule("optimizer", lambda op: op.phase == "optimizer"),
    # Another type or layout is a copy wherever it stands: autocast casts for operators of any role.
    Rule("copy", lambda op: _is(op, _CAST)),
    Rule(_ACCUMULATION, lambda op: op.phase == "backward" and _is(op, _ADDITION)),
    # Also on maps of a single pixel, where shapes alone do not tell a map from a gate.
    Rule("SE squeeze", lambda op: op.in_squeeze_excite and _is(op, _POOL)),
    Rule("SE scale", lambda op: op.in_squeeze_excite and _scales(op)),
    Rule(
        "SE gate",
        lambda op: (
            op.in_squeeze_excite
            and not op.touches_map
            and (_is(op, _GATE) or _GATE_CLASS.fullmatch(op.innermost) is not None)
        ),
    ),
    # The two FCs with what stands between them (activation, norm), all on one value per channel.
    Rule("SE FC", lambda op: op.in_squeeze_excite and not op.touches_map),
    Rule("classifier", lambda op: op.in_classifier),
    # All of a layer, as one operator does it: products, gates and states of every step.
    Rule("recurrent", _is_recurrent),
    Rule("depthwise conv", lambda op: op.is_conv and 1 < op.conv_groups == op.in_channels),
    Rule("pointwise conv", lambda op: op.is_conv and set(op.kernel) == {1}),
    Rule("dense conv", lambda op: op.is_conv),
    Rule(
        "activation",
        lambda op: _is(op, _ACTIVATION) or _ACTIVATION_CLASS.fullmatch(op.innermost) is not None,
    ),
    Rule("norm", _normalises),
    Rule("attention", _attends),
    Rule(
        "linear",
        lambda op: _is(op, _MATRIX_PRODUCT) or (_is(op, _BATCHED_PRODUCT) and _is_linear_layer(op)),
    ),
    Rule("loss", lambda op: _is(op, _LOSS)),
    Rule("residual add", _adds_residual),
    Rule("pool", lambda op: _is(op, _POOL)),
    Rule("copy", lambda op: _is(op, _COPY)),
    Rule("other", lambda _: True),
)

#: The roles of squeeze-and-excitation, as a block runs them.
SQUEEZE_EXCITE_ROLES = ("SE squeeze", "SE FC", "SE gate", "SE scale")

#: Names of all roles, in the order of the table; one with several rows stands at its last.
ROLE_NAMES: tuple[str, ...] = tuple(dict.fromkeys(rule.role for rule in reversed(ROLES)))[::-1]


def role_of(site: OpSite) -> str:
    """Name the role of one site, from the site alone.

    >>> role_of(OpSite("convolution", shapes=((1, 32, 56, 56), (32, 1, 3, 3))))
    'depthwise conv'
    >>> role_of(OpSite("add", phase="optimizer"))
    'optimizer'
    """
    return next(rule.role for rule in ROLES if rule.matches(site))


def roles_of(sites: Sequence[OpSite]) -> tuple[str, ...]:
    """Name the role of every site of one step, in order.

    Sees what a single site does not: squeeze-and-excitation written out by hand, which product
    is the classifier, and the forward op whose role a backward op takes over.
    """
    squeezes = _squeeze_excite_sites(sites)
    classifier = _classifier_site(sites)
    roles: list[str] = []
    for position, site in enumerate(sites):
        placed = replace(
            site,
            in_squeeze_excite=position in squeezes
            or not SQUEEZE_EXCITE_CLASSES.isdisjoint(site.classes),
            in_classifier=position == classifier,
        )
        role = role_of(placed)
        inherits = site.origin is not None and role != _ACCUMULATION
        roles.append(roles[site.origin] if inherits and site.origin is not None else role)
    return tuple(roles)


def _squeeze_excite_sites(sites: Sequence[OpSite]) -> set[int]:
    """Positions of squeeze-and-excitation found by structure.

    A module multiplies a map (N, C, *spatial) by one value per channel after it had pooled a map
    of the same shape: everything that it and its children did in between.
    """
    found: set[int] = set()
    for position, site in enumerate(sites):
        scaled = _scaled_map(site)
        if scaled is None:
            continue
        squeeze = _last_squeeze(sites[:position], scaled, site.path)
        if squeeze is not None:
            members = range(squeeze, position + 1)
            found.update(i for i in members if _within(sites[i].path, site.path))
    return found


def _scaled_map(site: OpSite) -> Shape | None:
    """Shape of the map that a forward multiplication scales channel by channel, if it does."""
    if site.phase != "forward" or not _is(site, _PRODUCT) or len(site.shapes) != 2:
        return None
    gate, scaled = sorted(site.shapes, key=lambda shape: not _is_vector(shape))
    same_rank = len(gate) == len(scaled) > 2
    per_channel = same_rank and _is_vector(gate) and gate[:2] == scaled[:2]
    return scaled if per_channel and not _is_vector(scaled) else None


def _last_squeeze(sites: Sequence[OpSite], shape: Shape, path: str) -> int | None:
    for position in range(len(sites) - 1, -1, -1):
        site = sites[position]
        if _is(site, _POOL) and site.shapes[:1] == (shape,) and _within(site.path, path):
            return position
    return None


def _within(path: str, ancestor: str) -> bool:
    return not ancestor or path == ancestor or path.startswith(ancestor + ".")


def _classifier_site(sites: Sequence[OpSite]) -> int | None:
    """Position of the product that makes the class scores: the last one, on one row per image."""
    products = [
        i
        for i, site in enumerate(sites)
        if site.phase == "forward"
        and (site.is_conv or _is(site, _MATRIX_PRODUCT))
        and not _is_recurrent(site)
    ]
    if not products:
        return None
    first_images = sites[products[0]].shapes[0][0]
    last = sites[products[-1]]
    rows = last.image if last.is_conv else next((s for s in last.shapes if len(s) == 2), ())
    one_row_per_image = bool(rows) and rows[0] == first_images and _is_vector(rows)
    return products[-1] if one_row_per_image else None
