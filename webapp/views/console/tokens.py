"""Tokens: tested with Printerpoint within a request, before one is saved."""

from flask_babel import lazy_gettext as _l

from webapp.db import db
from webapp.errors import Invalid
from webapp.extensions import current_settings
from webapp.printerpoint.client import RequestLimits
from webapp.printerpoint.errors import PrinterpointError
from webapp.services.servers import clients, servers
from webapp.services.servers.overlaps import Serials

#: Limits within a request, shorter than those of a collection.
TOKEN_TEST_LIMITS = RequestLimits(
    read_seconds=10,
    total_seconds=15,
    fleet_seconds=30,
    retries=1,
    backoff_seconds=0.5,
    max_retry_after_seconds=2,
)

_ERROR_MESSAGES = {
    "refused": _l(
        "Printerpoint rejected this token. Check that you copied the whole token, or create a "
        "new one in Printerpoint under My Account > Account Settings > API Access (Admin only). "
        "Nothing was saved."
    ),
    "malformed": _l(
        "Printerpoint’s response is not a list of printers. The token is not the cause, and "
        "nothing was saved. Paste it again later; if the error persists, contact Printerpoint "
        "support."
    ),
    "timeout": _l(
        "Printerpoint did not respond in time, so the token could not be tested and nothing was "
        "saved. Paste it again in a minute."
    ),
    "rate_limited": _l(
        "Printerpoint received too many requests, so the token could not be tested and nothing "
        "was saved. Paste it again in a few minutes."
    ),
    "unreachable": _l(
        "Printerpoint cannot be reached, so the token could not be tested and nothing was saved. "
        "Paste it again in a minute; if the error persists, check whether printerpoint.com opens "
        "in your browser."
    ),
}


def verify_token(token: str) -> Serials | None:
    """Test a token, with no transaction open; return the serial numbers of its fleet.

    None: the fleet is too large to be read within a request. Raises Invalid with the remedy.
    """
    db.session.rollback()
    try:
        client = clients.client(current_settings(), token, TOKEN_TEST_LIMITS)
        return servers.read_serials(client)
    except PrinterpointError as error:
        raise Invalid("token", str(_ERROR_MESSAGES[error.kind])) from error
