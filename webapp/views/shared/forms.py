"""Forms: errors are displayed at their field, with status 422."""

from typing import Any

from flask import render_template
from flask_wtf import FlaskForm
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
