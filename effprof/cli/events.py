"""`effprof events`: what nights found, and what people say of it."""

from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import StoreOption, in_forms
from effprof.cli.output import Form, answer_json, answer_table, note
from effprof.core.errors import BadInput, suggestion
from effprof.core.events import EventState

if TYPE_CHECKING:
    from effprof.core.events import Event
    from effprof.store.store import Store

#: What a person does with an event -> the state that it has then.
ACTIONS: dict[str, EventState] = {
    "acknowledge": "acknowledged",
    "fix": "fixed",
    "close": "fixed",
    "invalidate": "invalid",
    "reopen": "new",
}

STATES: tuple[EventState, ...] = ("new", "acknowledged", "fixed", "invalid")


@in_forms()
def events(
    action: Annotated[
        str | None,
        typer.Argument(
            metavar=f"[{'|'.join(ACTIONS)}]",
            show_default=False,
            help="What to do with an event. acknowledge: the new level is right and becomes the"
            " baseline; fix or close: it is dealt with; invalidate: it was a false alarm;"
            " reopen: it is new again. Without it events are listed.",
        ),
    ] = None,
    event: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", show_default=False, help="Event id, or a beginning of it."),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; it is kept.")] = None,
    state: Annotated[
        str | None, typer.Option(metavar="|".join(STATES), help="List only events in this state.")
    ] = None,
    store: StoreOption = None,
    *,
    form: Form,
) -> None:
    """List the events that nights found, or say what became of one."""
    problems = [*_problems_of_action(action, event, reason), *_problems_of_listing(action, state)]
    if problems:
        raise BadInput("\n".join(problems))
    # It loads SQLAlchemy.
    from effprof.store.store import open_store

    with open_store(store, create=False) as opened:
        if action is not None:
            _set_state(opened, str(event), action, str(reason), form)
        else:
            found = opened.events(state=next((s for s in STATES if s == state), None))
            _list(found, opened.location, form)


def _problems_of_action(action: str | None, event: str | None, reason: str | None) -> list[str]:
    if action is None:
        return ["--reason belongs to an action, such as acknowledge ID"] if reason else []
    if action not in ACTIONS:
        return [f"{action!r} is not one of {', '.join(ACTIONS)}{suggestion(action, ACTIONS)}"]
    problems = []
    if not event:
        problems.append(f"{action} needs the id of an event (see: effprof events)")
    if not (reason or "").strip():
        problems.append(
            f'{action} needs --reason "TEXT": whoever reads the page next wants to know'
        )
    return problems


def _problems_of_listing(action: str | None, state: str | None) -> list[str]:
    if state is None:
        return []
    if action is not None:
        return ["--state belongs to the list of events"]
    if state not in STATES:
        return [f"--state {state!r} is not one of {', '.join(STATES)}{suggestion(state, STATES)}"]
    return []


def _set_state(store: "Store", text: str, action: str, reason: str, form: Form) -> None:
    from datetime import UTC, datetime

    event_id = store.resolve_event(text)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    store.set_event_state(event_id, ACTIONS[action], reason.strip(), now)
    note(f"event {event_id} is {ACTIONS[action]}: {reason.strip()}")
    if form == "json":
        found = next(event for event in store.events() if event.id == event_id)
        history = [change._asdict() for change in store.event_changes(event_id)]
        answer_json(event=_row(found), changes=history)


def _list(found: "list[Event]", location: str, form: Form) -> None:
    if form == "json":
        answer_json(store=location, events=[_row(event) for event in found])
    elif found:
        from effprof.report.events import events_table

        answer_table(events_table(found), form)
    if not found:
        note(f"no such events in {location}; nights find them: effprof nightly")


def _row(event: "Event") -> dict[str, object]:
    return event.plain()
