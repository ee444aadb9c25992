"""Builders for every model: defaults are valid and differ from row to row.

Each function flushes, so that ids are set; the caller commits.
``NOW`` is a Tuesday morning, ``TODAY`` its date.
"""

from tests.factories.accounts import (
    PASSWORD,
    brand,
    customer,
    invitation,
    logo,
    mail,
    operations,
    partner,
    saved_view,
    user,
    user_session,
)
from tests.factories.base import NOW, TODAY, YESTERDAY
from tests.factories.certificates import certificate, closed_month, document
from tests.factories.feeds import collection, feed, feed_note, health_change, outcome, server
from tests.factories.metering import delta, deposit, device, reading

__all__ = [
    "NOW", "PASSWORD", "TODAY", "YESTERDAY", "brand", "certificate", "closed_month", "collection",
    "customer", "delta", "deposit", "device", "document", "feed", "feed_note", "health_change",
    "invitation", "logo", "mail", "operations", "outcome", "partner", "reading", "saved_view",
    "server", "user", "user_session",
]  # fmt: skip
