"""The forms of login, passwords and one-time links."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, RadioField
from wtforms.validators import DataRequired, EqualTo

from webapp.views.shared import forms


class LoginForm(forms.Form):
    """Email address and password; ``account``: if they fit users of several accounts."""

    email = EmailField(_l("Email"), [DataRequired(_l("Enter your email."))])
    account = RadioField(_l("Account"), choices=[], validate_choice=False)
    password = PasswordField(_l("Password"), [DataRequired(_l("Enter your password."))])


class ConfirmPasswordForm(forms.Form):
    """The password, again."""

    password = PasswordField(_l("Password"), [DataRequired(_l("Enter your password."))])


class PasswordForm(forms.Form):
    """A new password."""

    old = PasswordField(
        _l("Current password"),
        [DataRequired(_l("Enter your current password."))],
    )
    new = PasswordField(
        _l("New password"),
        [DataRequired(_l("Choose a new password."))],
        description=_l("12 characters or more; a few words in a row are easy to remember."),
    )
    again = PasswordField(
        _l("Confirm new password"),
        [EqualTo("new", _l("The two passwords do not match. Enter them again."))],
    )


class AcceptForm(forms.Form):
    """The first password, or one that replaces a forgotten one."""

    password = PasswordField(
        _l("Password"),
        [DataRequired(_l("Choose a password."))],
        description=_l("12 characters or more; a few words in a row are easy to remember."),
    )
    again = PasswordField(
        _l("Confirm password"),
        [EqualTo("password", _l("The two passwords do not match. Enter them again."))],
    )


class ForgotForm(forms.Form):
    """The email address of a user who forgot the password."""

    email = EmailField(_l("Email"), [DataRequired(_l("Enter your email."))])
