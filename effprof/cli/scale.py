"""`effprof scale`: compound scaling as a table, and a picture of the network growing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import in_forms
from effprof.cli.output import Form, answer_json, answer_table, note
from effprof.cli.pictures import picture_problems, require_folder
from effprof.core.errors import BadInput

if TYPE_CHECKING:
    from effprof.report.tables.table import Table
    from effprof.session.scaling import Bases, Scaled

#: A negative phi looks like an option to the parser.
CONTEXT_SETTINGS = {"ignore_unknown_options": True}


@in_forms()
def scale(
    phi: Annotated[
        list[str] | None,
        typer.Argument(metavar="PHI...", help="Any numbers, also negative; 0 to 7 if left out."),
    ] = None,
    from_b0: Annotated[
        tuple[float, float, float] | None,
        typer.Option(
            "--from-b0",
            metavar="ALPHA BETA GAMMA",
            help="Bases of depth, width and resolution instead of the paper's 1.2 1.1 1.15.",
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the stages into this PNG, SVG or PDF file.")
    ] = None,
    *,
    form: Form,
) -> None:
    """Scale EfficientNet-B0 by PHI: depth, width, resolution, stages, parameters and MACs."""
    from effprof.models.scaling import flops_base
    from effprof.session.scaling import PAPER, PUBLISHED, scaled_networks

    bases = from_b0 or PAPER
    phis = _checked(phi or [str(number) for number in PUBLISHED], bases, picture)
    networks = scaled_networks(phis, bases)
    growth = flops_base(*bases)
    if form == "json":
        answer_json(
            alpha=bases[0],
            beta=bases[1],
            gamma=bases[2],
            flops_base=growth,
            rows=[_row(network) for network in networks],
        )
    else:
        answer_table(_table(networks), form)
        a, b, c = (f"{base:g}" for base in bases)
        note(f"alpha·beta²·gamma² = {growth:.3f} ({a}, {b}, {c}): FLOPs per unit of phi")
    if picture:
        _draw(networks, picture)


def _checked(texts: list[str], bases: Bases, picture: Path | None) -> list[float]:
    """Read the phis; all problems at once, before anything is built or written."""
    from effprof.session.scaling import bad_bases, read_phi

    problems = []
    phis = []
    for text in texts:
        try:
            phis.append(read_phi(text))
        except BadInput as error:
            none = f"{text!r} is not an option of effprof scale; give numbers from -20 to 20"
            problems.append(none if text.startswith("--") else str(error))
    problems += bad_bases(bases)
    if picture is not None:
        problems += picture_problems(picture)
    if problems:
        raise BadInput("\n".join(problems))
    if picture is not None:
        require_folder(picture)
    return phis


def _row(network: Scaled) -> dict[str, object]:
    """Write a network as JSON; sizes in pixels, `macs` of one image."""
    return {
        "phi": network.phi,
        "by": network.by,
        "model": network.model,
        **asdict(network.scale),
        "params": network.params,
        "macs": network.macs,
        "flops": 2 * network.macs,
        "stages": [asdict(stage) for stage in network.stages],
    }


def _table(networks: Sequence[Scaled]) -> Table:
    from effprof.core.units import si
    from effprof.report.tables.table import Column, Field, Table

    finely = partial(si, digits=4)
    fields: tuple[Field[Scaled], ...] = (
        Field(Column("phi", write="{:g}".format), lambda each: each.phi),
        Field(Column.words("by"), lambda each: each.by),
        Field(Column("d", write="{:.3f}".format, names=("depth",)), lambda each: each.scale.depth),
        Field(Column("w", write="{:.3f}".format, names=("width",)), lambda each: each.scale.width),
        Field(Column("r px", names=("resolution",)), lambda each: each.scale.resolution),
        Field(Column.of("params", write=finely), lambda each: each.params),
        Field(Column.of("macs", write=finely), lambda each: each.macs),
        Field(Column("x B0", write="{:.2f}".format), lambda each: each.macs / B0_MACS),
        Field(Column.words("channels x layers, stage by stage"), _stages),
    )
    return Table.of(fields, networks)


def _stages(network: Scaled) -> str:
    return " ".join(f"{stage.channels}x{stage.layers}" for stage in network.stages)


#: MACs of B0 at 224 px: convolutions and the classifier, counted exactly.
B0_MACS = 385_814_752


def _draw(networks: Sequence[Scaled], path: Path) -> None:
    from effprof.report.pictures.file import write_figure
    from effprof.report.pictures.scaling import ScaledNetwork, scaling_figure

    # Formula and publication agree on B0: a network is drawn once.
    once = {network.stages: network for network in networks}
    rows = [
        ScaledNetwork(
            title=f"φ = {network.phi:g}" + (f" ({network.by})" if network.by != "formula" else ""),
            subtitle=f"d {network.scale.depth:.2f}, w {network.scale.width:.2f}\n"
            f"{network.params / 1e6:.1f} M params\n{network.macs / 1e9:.2f} GMACs",
            stages=network.stages,
        )
        for network in once.values()
    ]
    write_figure(scaling_figure(rows), path)
    note(f"drew {path}")
