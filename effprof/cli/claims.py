"""`effprof claims`: the verdicts on published claims that the measured runs allow."""

import itertools
import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from effprof.cli.options import JsonOption, StoreOption
from effprof.cli.output import answer, answer_json, answer_table, note
from effprof.core.errors import BadInput, suggestion

if TYPE_CHECKING:
    from effprof.claims.claim import Claim
    from effprof.claims.claim_verdicts import ClaimVerdict, DeviceVerdict, PartVerdict
    from effprof.claims.evidence import DeviceKind
    from effprof.claims.plan import Lack
    from effprof.core.estimates import Estimate
    from effprof.core.runs import Run


def claims(
    run: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN...]",
            show_default=False,
            help="Run ids, beginnings of ids, or exported files."
            " Default: the latest run of each device and suite.",
        ),
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Only the claims of these groups.")
    ] = None,
    claim: Annotated[
        str | None, typer.Option(metavar="C5,C7,...", help="Only these claims.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print a suite file that measures all that is missing.")
    ] = False,
    cpu: Annotated[bool, typer.Option("--cpu", help="Plan what a CPU is to measure.")] = False,
    gpu: Annotated[bool, typer.Option("--gpu", help="Plan what a GPU is to measure.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say of each claim whether it is supported, refuted, inconclusive or not measured."""
    # These load pandas, scipy and SQLAlchemy.
    from effprof.claims.catalogue import CLAIMS
    from effprof.claims.claim_verdicts import settle
    from effprof.claims.evidence import evidence_of
    from effprof.claims.plan import lacks, suite_text
    from effprof.report.claims import misses_text, tally_text, terminal_table
    from effprof.report.tables.terminal import rich_table
    from effprof.store.runs_given import load_runs
    from effprof.study.study import Study

    if (cpu or gpu) and not plan:
        raise BadInput("--cpu and --gpu choose what --plan plans; give them with --plan")
    if plan and as_json:
        raise BadInput("--plan prints a suite file and --json a document; give one of them")
    chosen = _chosen(CLAIMS, group, claim)
    runs = load_runs(run or [], store)
    _tell(runs)
    verdicts = settle(chosen, evidence_of([Study(each) for each in runs]))
    if plan:
        kind: DeviceKind | None = None if cpu == gpu else "cpu" if cpu else "cuda"
        lacking = lacks(verdicts, kind)
        if lacking:
            answer(suite_text(lacking).rstrip())
        _tell_plan(lacking)
    elif as_json:
        answer_json(
            runs=[each.invocation.id for each in runs],
            commands=[each.invocation.command for each in runs],
            claims=[_document(judged) for judged in verdicts],
        )
    else:
        table = terminal_table(verdicts)
        if table.rows:
            answer_table(rich_table(table))
        given = shlex.join([*(run or []), *(["--store", store] if store else [])])
        for line in (*_told(verdicts, given), tally_text(verdicts), misses_text(verdicts)):
            if line:
                answer(line)


def _chosen(claims: "Iterable[Claim]", group: str | None, names: str | None) -> "list[Claim]":
    """Keep the claims asked for; raises `BadInput` naming every word that is none."""
    known = list(claims)
    kept, problems = known, list[str]()
    for flag, text, field in (("--group", group, "group"), ("--claim", names, "id")):
        if text is None:
            continue
        words = [word.strip().upper() for word in text.split(",")]
        there = dict.fromkeys(str(getattr(claim, field)) for claim in known)
        problems += [
            f"{flag}: {word!r} is not one of {', '.join(there)}{suggestion(word, there)}"
            for word in words
            if word not in there
        ]
        kept = [claim for claim in kept if getattr(claim, field) in words]
    if problems:
        raise BadInput("\n".join(problems))
    if not kept:
        raise BadInput(f"no claim of group {group} is one of {names}; see: effprof claims")
    return kept


def _tell(runs: "Iterable[Run]") -> None:
    """Say on which runs the verdicts rest."""
    lines = [
        f"run {each.invocation.id}: {each.invocation.suite} on {each.invocation.device}"
        for each in runs
    ]
    for line in lines or ["no runs yet: nothing is measured"]:
        note(line)


def _tell_plan(lacking: "tuple[Lack, ...]") -> None:
    if not lacking:
        note("nothing is missing")
        return
    note("save this as FILE.toml and measure it with: effprof run FILE.toml")


def _told(verdicts: "Iterable[ClaimVerdict]", given: str) -> Iterable[str]:
    """Say each claim with its verdict in words, and what it takes where it is not measured."""
    for judged in verdicts:
        yield f"{judged.claim.id} {judged.verdict}: {judged.claim.sentence}"
        same = (part for part in judged.deciding if part.verdict == judged.verdict)
        for part in itertools.islice(same, 1):
            yield f"    {part.part.quantity}: {part.reason}"
        if judged.verdict == "not measured":
            yield from (f"    measure it: {command}" for command in _commands(judged, given))


def _commands(judged: "ClaimVerdict", given: str = "") -> list[str]:
    """Write the commands that measure what a claim lacks; `given` are the runs it rests on."""
    from effprof.claims.plan import STATIC_SUITE, lacks

    lacking = lacks([judged])
    name, runs = judged.claim.id, f" {given}" if given else ""
    commands = []
    if any(lack.wanted.static for lack in lacking):
        commands.append(f"effprof run {STATIC_SUITE}")
    for kind in dict.fromkeys(lack.kind for lack in lacking if not lack.wanted.static):
        chosen, device = _FLAGS.get(kind, ("", ""))
        commands.append(
            f"effprof claims{runs} --claim {name} --plan{chosen} > {name}.toml"
            f" && effprof run {name}.toml{device}"
        )
    return commands


#: Kind of device -> how its part is planned, and how it is measured.
_FLAGS: "dict[DeviceKind | None, tuple[str, str]]" = {
    "cpu": (" --cpu", " --cpu"),
    "cuda": (" --gpu", " --gpu 0"),
}


def _document(judged: "ClaimVerdict") -> dict[str, Any]:
    claim = judged.claim
    return {
        "id": claim.id,
        "group": claim.group,
        "sentence": claim.sentence,
        "source": claim.source,
        "verdict": judged.verdict,
        "reason_ids": list(dict.fromkeys(each.id for each in judged.reasons)),
        "rests_on": judged.rests_on,
        "parts": [_part_document(part) for part in judged.parts],
        "missing": [wanted.text for wanted in judged.missing],
        "commands": _commands(judged),
    }


def _part_document(found: "PartVerdict") -> dict[str, Any]:
    part = found.part
    return {
        "id": part.id,
        "quantity": part.quantity,
        "unit": part.unit.strip(),
        "device_kind": part.kind,
        "beside": part.beside,
        "threshold": {"low": part.threshold.low, "high": part.threshold.high},
        "at_least": part.at_least,
        "published": [
            {"value": each.value, "high": each.high, "where": each.where} for each in part.published
        ],
        "verdict": found.verdict,
        "reason": found.reason,
        "reason_ids": [each.id for each in found.reasons],
        "devices": [_row_document(row) for row in found.rows],
    }


def _row_document(row: "DeviceVerdict") -> dict[str, Any]:
    from effprof.claims.claim import Answer

    told = row.answer if isinstance(row.answer, Answer) else None
    return {
        "device": row.device,
        "device_kind": row.kind,
        "published": row.published,
        "author": row.author,
        "verdict": row.verdict,
        "reason": row.reason.text,
        "reason_id": row.reason.id,
        **_estimate_document(told.estimate if told else None),
        "of": told and told.of,
        "note": told.note if told else "",
        "takes": [
            {"name": name} | _estimate_document(estimate)
            for name, estimate in (told.takes if told else ())
        ],
    }


def _estimate_document(estimate: "Estimate | None") -> dict[str, Any]:
    return {
        "estimate": estimate and estimate.value,
        "low": estimate and estimate.low,
        "high": estimate and estimate.high,
        "method": estimate and estimate.method,
        "n": estimate and estimate.n,
    }
