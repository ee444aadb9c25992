"""Title and description of each subject of email notifications."""

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.filters import clock_time
from webapp.models.notice import Subject
from webapp.services.notifications.digests import DIGEST_AT

SUBJECT_LABELS: dict[Subject, tuple[LazyString, LazyString]] = {
    "server": (
        _l("Servers"),
        _l(
            "When Printerpoint cannot be reached with a server’s token, and when it is reachable "
            "again."
        ),
    ),
    "feed": (
        _l("Customers"),
        _l(
            "When customers have not reported for 3 business days, and when they are reporting "
            "again."
        ),
    ),
    "digest": (
        _l("Weekly digest"),
        _l(
            "Mondays at %(time)s: unhealthy servers and feeds, and meter readings that need "
            "review. Not sent when nothing needs attention.",
            time=LazyString(clock_time, DIGEST_AT),
        ),
    ),
    "nights": (
        _l("Nightly runs"),
        _l("When no nightly run has finished for 26 hours, and when they finish again."),
    ),
    "approval": (
        _l("Approvals"),
        _l("When a server awaits approval because another server has the same printers."),
    ),
    "certificate": (
        _l("Certificates"),
        _l("When a month has closed: your certificate as a PDF."),
    ),
}
