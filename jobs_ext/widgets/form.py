"""A form for a tool or a function; what the server finds wrong stands beside the field."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as w

from jobs_ext.client import static, sweep
from jobs_ext.client.batch import Batch
from jobs_ext.client.errors import InvalidRequest, JobsError
from jobs_ext.client.job import Job
from jobs_ext.client.literals import literal
from jobs_ext.client.signatures import Described
from jobs_ext.client.targets import Target
from jobs_ext.client.wire import Part
from jobs_ext.model import ascode
from jobs_ext.model.ids import new_id

from .fields import STYLE, Field, NothingGiven, Schema, complaint, parameter_field
from .files import input_field
from .keys import FORM, Keys
from .meaning import meant
from .panel import Panel
from .references import resolved
from .resources import OptionsFold
from .saved import saved
from .sweeping import Swept

_FIELD = re.compile(r"(arguments|options)(?:\[\d+\])?\.([^\[]+?)(?=[.\[]|$)")
_CODE = {"width": "calc(100% - 4px)", "display": "none"}
_PAUSE = 0.3  # seconds after the last key until the server is asked
_LOOKED_AT = 20  # of several values for a field, each of which is a request

Handle = Job | Batch


class Form(w.VBox):  # type: ignore[misc]
    """Fields for what a tool or function takes, and below the card of what was submitted last.

    ``form.job`` is the job submitted last, ``form.batch`` the last sweep, ``form.jobs`` is all
    that was submitted, in order; ``form.fields["k"]`` gives access to a single field, and
    ``form.swept["k"]`` to the line for its several values.
    """

    def __init__(self, target: Target, fixed: Mapping[str, Any] | None = None) -> None:
        self._target, self._fixed = target, dict(fixed or {})
        self._about = target.described()
        self._listeners: list[Callable[[Handle], object]] = []
        self._lock = threading.Lock()  # callbacks may come from several threads
        self._timers: dict[str, threading.Timer] = {}
        self._display_id = f"jobs-ext-form-{new_id()}"
        self.jobs: list[Handle] = []
        schemas = {name: resolved(one) for name, one in self._about.properties.items()}
        self.fields = _fields(self._about, schemas, self._fixed, target)
        self.swept = {
            name: Swept(field, schemas[name], self._recount)
            for name, field in self.fields.items()
            if name not in self._about.inputs
        }
        self.options = OptionsFold()
        super().__init__([*self._drawn(), Keys(layout={"display": "none"})])
        self.add_class(FORM)
        self._count()
        for field in self.fields.values():
            field.on_change(self._changed)

    def _drawn(self) -> list[w.Widget]:
        self._button = _button("Submit", "play", lambda: self.submit(), "primary")
        self._sweep = w.ToggleButton(value=False, description="Sweep", icon="th")
        self._sweep.observe(lambda _: self._toggled(), "value")
        self._last = self._last_arguments()
        again = [_button("Last values", "history", self.use_last)] if self._last else []
        code = _button("Copy as code", "code", self._show_code)
        self._code = w.Textarea(description="Code", style=STYLE, layout=_CODE).add_class("jx-code")
        self._said = w.HTML()
        self._below = w.VBox().add_class("jx-below")
        head = f"<h4>{escape(self._about.title)}</h4><p>{escape(self._about.description)}</p>"
        rows = [w.VBox([field.box, *self._swept_line(name)]) for name, field in self.fields.items()]
        buttons = w.HBox([self._button, self._sweep, *again, code])
        return [w.HTML(head), *rows, self.options, buttons, self._code, self._said, self._below]

    def _swept_line(self, name: str) -> list[w.Widget]:
        return [self.swept[name].control] if name in self.swept else []

    @property
    def job(self) -> Job | None:
        """The single job submitted last; None before."""
        return next((one for one in reversed(self.jobs) if isinstance(one, Job)), None)

    @property
    def batch(self) -> Batch | None:
        """The batch of the last sweep; None before."""
        return next((one for one in reversed(self.jobs) if isinstance(one, Batch)), None)

    def on_submit(self, callback: Callable[[Handle], object]) -> None:
        """Call `callback` with every job, and the batch of every sweep, submitted from here on."""
        self._listeners.append(callback)

    def arguments(self) -> dict[str, Any]:
        """Return what is filled in.

        Raises `InvalidRequest` for the first field that can't be read or lacks what is needed;
        each such field says so beside it.
        """
        given: dict[str, Any] = {}
        wrong: list[InvalidRequest] = []
        varied = self._varied()
        for name, field in self.fields.items():
            try:
                given[name] = field.value()
                self._meant(name, given[name])  # what can't be meant is told of every field
            except NothingGiven:
                if name in self._about.required and name not in varied:
                    wrong.append(InvalidRequest("This is needed.", field=f"arguments.{name}"))
            except InvalidRequest as error:
                if name not in varied:
                    wrong.append(error)
        for each in wrong:
            self._complain(each)
        if wrong:
            raise wrong[0]
        return given

    def use_last(self) -> None:
        """Fill in what the newest job of the same tool or function was given."""
        for name, value in self._last.items():
            if name in self.fields:
                self.fields[name].fill(value)

    def code(self) -> str:
        """Return the Python that submits what is filled in. Raises as `arguments` does."""
        imports: set[str] = set()
        held = {name: self._written(name, one, imports) for name, one in self.arguments().items()}
        given = {name: _fixed_code(name, one, imports) for name, one in self._fixed.items()} | held
        options = self._submitting().asked
        varied = {
            name: [self._written(name, one, imports) for one in values]
            for name, values in self._varied().items()
        }
        fixed = {name: value for name, value in given.items() if name not in varied}
        what = self._target.expression()
        start = "".join(f"{line}\n" for line in sorted(imports)) + ascode.IMPORT
        if varied:
            return start + ascode.map_code(what, varied, fixed, options)
        return start + ascode.submit_code(what, given, options)

    def _written(self, name: str, value: Any, imports: set[str]) -> Any:
        """Return what a field holds, as code takes it: of a function's own types as Python."""
        if self._target.kind == "tool":
            return _without_content(value)
        return ascode.Expression(literal(self._meant(name, value), imports))

    def submit(self) -> Handle | None:
        """Submit what is filled in, as the button does; None when something is wrong with it.

        With several values for a parameter that is a batch.
        """
        with self._lock:
            self._clear()
            self._button.disabled = True
            try:
                made = self._submitted()
            except (JobsError, TypeError) as error:  # a function that does not take what is given
                self._complain(error)
                self._point()
                return None
            finally:
                self._button.disabled = False
            self.jobs.append(made)
            self._below.children = [Panel(made)]
            self._show_values(update=True)
        for listener in self._listeners:
            listener(made)
        return made

    def _submitted(self) -> Handle:
        target, varied = self._submitting(), self._varied()
        given = {name: self._meant(name, value) for name, value in self.arguments().items()}
        if not varied:
            return target.submit(**self._fixed, **given)
        sets = {name: [self._meant(name, one) for one in values] for name, values in varied.items()}
        fixed = {name: value for name, value in given.items() if name not in varied}
        return target.map(sweep.grid(**sets), **self._fixed, **fixed)

    def _meant(self, name: str, value: Any) -> Any:
        """Return what is to be sent for what a field holds. Raises `InvalidRequest`."""
        if self._target.kind == "tool":  # the server knows its types
            return value
        about = self._about
        return meant(name, value, about.properties[name], about.converts.get(name))

    def _submitting(self) -> Target:
        return self._target.options(**self.options.given())

    def _varied(self) -> dict[str, list[Any]]:
        """Return the several values of those parameters that have some; none unless asked for."""
        found = {name: self._varied_of(name) for name in self.swept}
        return {name: values for name, values in found.items() if values is not None}

    def _varied_of(self, name: str) -> list[Any] | None:
        return self.swept[name].values() if self._sweep.value and name in self.swept else None

    def _count(self) -> None:
        """Say on the button how many jobs it makes."""
        for line in self.swept.values():
            line.control.layout.display = "" if self._sweep.value else "none"
        number = 1
        try:
            for values in self._varied().values():
                number *= len(values)
        except InvalidRequest as error:
            self._complain(error)
            return
        self._said.value = ""
        self._button.description = "Submit" if number == 1 else f"Submit {number:,} jobs"

    def _recount(self, field: Field) -> None:
        """Say how many jobs there are now, and have the several values of a field looked at."""
        self._count()
        self._changed(field)

    def _toggled(self) -> None:
        """Show or hide the lines for several values; what is in them counts, or no longer."""
        self._count()
        for name, line in self.swept.items():
            if line.control.value:
                self._changed(self.fields[name])

    def _changed(self, field: Field) -> None:
        """Have what somebody types looked at by the server, once they pause."""
        if field.name in self._timers:
            self._timers[field.name].cancel()
        timer = threading.Timer(_PAUSE, self._check, [field])
        timer.daemon = True
        self._timers[field.name] = timer
        timer.start()

    def _check(self, field: Field) -> None:
        """Say beside a field what is wrong with what is in it, in the server's words."""
        try:
            wrong = (self._wrong_with(field, value) for value in self._looked_at(field))
            field.complain(next(filter(None, wrong), ""))
        except NothingGiven:
            field.complain("")
        except InvalidRequest as error:  # what is typed can't be read
            field.complain(_message(error, _FIELD.match(error.field or "")))
        except JobsError:
            return  # it will be told when it is submitted

    def _looked_at(self, field: Field) -> list[Any]:
        """Return what is in a field; of its several values, if it has some, a few far apart."""
        values = self._varied_of(field.name)
        if values is None:
            return [field.value()]
        return [*values[:: -(-len(values) // _LOOKED_AT)], *values[-1:]]

    def _wrong_with(self, field: Field, value: Any) -> str:
        """Return what is wrong with a value of a field; nothing for what is wrong elsewhere."""
        try:
            if self._target.kind != "tool":
                self._meant(field.name, value)
            elif not _has_content(value):
                self._target.check(**{field.name: value})
        except InvalidRequest as error:
            place = _FIELD.match(error.field or "")
            about = place is not None and place[2] == field.name
            return _message(error, place) if about else ""
        return ""

    def _clear(self) -> None:
        self._said.value = ""
        for field in [*self.fields.values(), *self.options.made.values()]:
            field.complain("")

    def _complain(self, error: Exception) -> None:
        """Show an error beside the field it names, else below the button."""
        place = _FIELD.match(getattr(error, "field", None) or "")
        fields = self.options.fields if place and place[1] == "options" else self.fields
        if place and place[2] in fields:
            fields[place[2]].complain(_message(error, place))
            if place[1] == "options":
                self.options.selected_index = 0
        else:
            self._said.value = complaint(str(error))

    def _point(self) -> None:
        """Name the fields with complaints below the button: they may be out of sight."""
        fields = [*self.fields.values(), *self.options.made.values()]
        titles = [field.title for field in fields if field.complaint]
        if titles and not self._said.value:
            self._said.value = complaint(f"Not submitted. Please look at: {', '.join(titles)}.")

    def _show_code(self) -> None:
        self._clear()
        try:
            self._code.value = code = self.code()
        except JobsError as error:
            self._complain(error)
            return
        self._code.rows = code.count("\n") + 2
        self._code.layout.display = ""

    def _last_arguments(self) -> dict[str, Any]:
        """Return the arguments of the newest job of the same target that can be filled in again."""
        kept = self._target.newest()
        known = {name: _held(value) for name, value in kept.items()}
        return {name: value for name, value in known.items() if not _is_part(value)}

    def _ipython_display_(self) -> None:
        """Show the form and, for where nothing runs, what is in it as a plain table."""
        from IPython.display import display

        told = {"text/plain": f"The form of {self._about.title}: run its cell to use it."}
        display(self._repr_mimebundle_() | told, raw=True)  # type: ignore[no-untyped-call]
        self._show_values(update=False)

    def _show_values(self, *, update: bool) -> None:
        from IPython.display import HTML, display, update_display

        told = HTML(self.html())  # type: ignore[no-untyped-call]
        show = update_display if update else display
        show(told, display_id=self._display_id)  # type: ignore[no-untyped-call]

    def html(self) -> str:
        """Return what is filled in as a table without style or script."""
        rows = [(name, _shown(field)) for name, field in self.fields.items()]
        last = [("submitted", f"{one.kind} {one.id}") for one in self.jobs[-1:]]
        return saved(f"Values of {self._about.title}", static.pairs([*rows, *last]))


def _fields(
    about: Described, schemas: Mapping[str, Schema], fixed: Mapping[str, Any], target: Target
) -> dict[str, Field]:
    connection = target.client.connection
    return {
        name: input_field(name, about.inputs[name], connection)
        if name in about.inputs
        else parameter_field(name, schema, required=name in about.required)
        for name, schema in schemas.items()
        if name not in fixed
    }


def _fixed_code(name: str, value: Any, imports: set[str]) -> ascode.Expression:
    """Return a value that is no field's; by the name of its argument where none can be written."""
    try:
        return ascode.Expression(literal(value, imports))
    except (TypeError, AttributeError):
        return ascode.Expression(name)


def _button(word: str, icon: str, run: Callable[[], object], style: str = "") -> w.Button:
    button = w.Button(description=word, icon=icon, button_style=style)
    button.on_click(lambda _: run())
    return button


def _message(error: Exception, place: re.Match[str] | None) -> str:
    return str(error).removeprefix(f"{place[0]}: " if place else "")


def _held(value: Any) -> Any:
    """Return what a field holds for an argument of a job: of a value that was uploaded its JSON."""
    told = value.get("json") if _is_part(value) else None
    return value if told is None else json.loads(told)


def _is_part(value: Any) -> bool:
    return isinstance(value, dict) and "$part" in value


def _has_content(value: Any) -> bool:
    """Tell whether a value is an uploaded file, or has some in it."""
    return any(isinstance(one, Part) for one in (value if isinstance(value, list) else [value]))


def _without_content(value: Any) -> Any:
    return {"$part": "uploaded"} if _has_content(value) else value


def _shown(field: Field) -> str:
    try:
        value = field.value()
    except (NothingGiven, InvalidRequest):
        return ""
    if _has_content(value):
        return "uploaded"
    return ", ".join(map(_told, value)) if isinstance(value, list) else _told(value)


def _told(value: Any) -> str:
    """Return a value as text; of an uploaded file its name."""
    is_file = isinstance(value, dict) and "$dataset" in value
    return str(value["$dataset"]["name"] if is_file else value)
