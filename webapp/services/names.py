"""Names that users enter, of accounts, servers, users and brands."""

from flask_babel import gettext

from webapp.errors import Invalid


def clean_name(text: str, longest: int, field: str = "name") -> str:
    """Return a name without superfluous blanks; it may be empty. Raises Invalid for ``field``."""
    name = " ".join(text.split())
    if len(name) > longest:
        raise Invalid(
            field, gettext("Shorten the name to %(longest_name)s characters.", longest_name=longest)
        )
    if not name.isprintable():
        raise Invalid(
            field, gettext("The name contains characters that cannot be displayed; type it again.")
        )
    return name
