"""Forms: what is wrong with one is shown at its field, with status 422."""

from typing import Any

from flask import render_template
from flask_wtf import FlaskForm
from wtforms.i18n import DummyTranslations, get_translations

from webapp import i18n
from webapp.errors import Invalid


class Form(FlaskForm):
    """A form whose own words, those of WTForms, are in the reader's language."""

    class Meta(FlaskForm.Meta):
        """Where the words come from: WTForms brings its catalogues, and writes in English."""

        def get_translations(self, form: Any) -> Any:
            """The catalogue of the language spoken now."""
            if i18n.current_language() == i18n.DEFAULT:
                return DummyTranslations()
            return get_translations([i18n.current_language()])


class ConfirmForm(Form):
    """A yes. The question is the page's."""


def refuse(form: FlaskForm, error: Invalid) -> None:
    """Show what a service refused at the field it names; above the form where it has none."""
    if error.field in form:
        field = form[error.field]
        field.errors = [*field.errors, error.message]
    else:
        form.form_errors.append(error.message)


def page(template: str, form: FlaskForm, **context: Any) -> tuple[str, int]:
    """A form's page, with status 422 when there is something to correct."""
    return render_template(template, form=form, **context), 422 if form.errors else 200
