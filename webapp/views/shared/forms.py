"""Forms: errors are displayed at their field, with status 422."""

import json
from typing import Any

from flask import render_template
from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.i18n import DummyTranslations, get_translations

from webapp import i18n
from webapp.errors import Invalid


class Form(FlaskForm):
    """A form with WTForms' own messages in the current language."""

    class Meta(FlaskForm.Meta):
        """The source of messages: WTForms has its own catalogues."""

        def get_translations(self, form: Any) -> Any:
            """Return the catalogue of the current language."""
            language = i18n.base(i18n.current_language())
            return DummyTranslations() if language == i18n.DEFAULT else get_translations([language])


class EditForm(Form):
    """A form of stored values, which another tab or user may change while it is open.

    A value that was not edited is not sent back over a newer one. One that was edited here and
    meanwhile elsewhere is refused once, with the newer value. ``shown``: the stored values when
    the form was rendered, as JSON; without it, as in requests of scripts, all values are stored.
    """

    shown = HiddenField()

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Process the data; then replace unedited values by the stored ones."""
        super().process(*args, **kwargs)
        shown = _json_object(self.shown.data)
        self.complete(shown)
        stored = {field.short_name: _text(field.object_data) for field in self._compared()}
        self._conflicts = []
        if self.is_submitted():
            for field in self._compared():
                name = field.short_name
                sent = _text(field.raw_data[0] if field.process_errors else field.data)
                was = shown.get(name, stored[name])
                if stored[name] in (was, sent):
                    continue
                if sent == was:
                    field.process(None, field.object_data)
                    field.raw_data = None  # some fields would display what was sent
                else:
                    self._conflicts.append(field)
        # What is in conflict stays so until its message is displayed.
        conflicts = {field.short_name: shown[field.short_name] for field in self._conflicts}
        self.shown.data = json.dumps(stored | conflicts)

    def complete(self, shown: dict[str, Any]) -> None:
        """Complete the data before it is compared, if a value is sent in several fields."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate the data; a conflict is an error of its field."""
        is_valid = super().validate(extra_validators)
        for field in self._conflicts:
            value = _text(field.object_data)
            choices = dict(getattr(field, "choices", None) or ())
            message = gettext(
                "%(field)s has been changed to “%(value)s” in the meantime. Save again to "
                "replace it.",
                field=field.label.text,
                value=choices.get(value, value) or "–",
            )
            field.errors = [*field.errors, message]
            self.shown.data = json.dumps(_json_object(self.shown.data) | {field.short_name: value})
        return is_valid and not self._conflicts

    def _compared(self) -> list[Any]:
        """Return the fields of stored values."""
        return [field for field in self if field.type not in _NOT_STORED]


#: Types of fields that have no stored value of their own.
_NOT_STORED = frozenset({"CSRFTokenField", "HiddenField", "FileField", "ColorField"})


def _text(value: Any) -> str:
    """Return a value for comparison: an empty text, None and a box not checked are the same."""
    return " ".join(str(value or "").split())


def _json_object(text: str | None) -> dict[str, Any]:
    """Return the values of a JSON object; none of any other text."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):  # the latter for thousands of brackets
        return {}
    return found if isinstance(found, dict) else {}


class ConfirmForm(Form):
    """A confirmation. The question is on the page."""


def refuse(form: FlaskForm, error: Invalid) -> None:
    """Add the error of a service to the field that it names, or to the form."""
    if error.field in form:
        field = form[error.field]
        field.errors = [*field.errors, error.message]
    else:
        form.form_errors.append(error.message)


def page(template: str, form: FlaskForm, **context: Any) -> tuple[str, int]:
    """Render a form's page, with status 422 if it has errors."""
    return render_template(template, form=form, **context), 422 if form.errors else 200
