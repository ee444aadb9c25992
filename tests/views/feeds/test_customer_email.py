"""The prepared email to a customer whose data collection agent stopped."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import factories
from tests.views.conftest import Transaction, Visitor
from tests.views.feeds.conftest import Office, yesterday
from webapp.models import Feed, User

HOSTILE = 'Miller & Søn "A" <b>?subject=x&bcc=all@example.com'


@pytest.fixture
def stopped(office: Office, transaction: Transaction) -> Office:
    """The feed of the office has not reported for two weeks."""
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        feed.health, feed.last_data_on = "unhealthy", yesterday() - timedelta(days=14)
    return office


def mailto(office: Office) -> dict[str, str]:
    """The fields of the link that opens the email."""
    found = re.search(r'href="(mailto:[^"]*)"', office.nora.get(office.path).text)
    assert found
    address = urlsplit(html.unescape(found[1]))
    assert (address.scheme, address.path) == ("mailto", "")
    return {name: values[0] for name, values in parse_qs(address.query).items()}


def test_an_unhealthy_feed_has_an_email_to_its_customer(stopped: Office) -> None:
    page = stopped.nora.get(stopped.path).text
    email = mailto(stopped)

    assert email["subject"].startswith("No data from the printers of Harbour Architects, LLP since")
    assert re.search(r"for \d+ business days\. The last data is from \w+ \d+, ", email["body"])
    assert "2. Is the DCA running?" in email["body"]
    assert email["body"].endswith("\r\nNorthwind Print")
    assert "\r\n\r\n" in email["body"]
    assert re.search(
        r'<textarea class="input" id="email-text"[^>]* readonly lang="en">Hello,', page
    )
    assert "Releaf does not send it" in page


def test_the_email_is_in_the_language_of_the_customer(
    stopped: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        session.get_one(Feed, stopped.feed_id).account.language = "es"

    email = mailto(stopped)

    assert email["subject"].startswith("Sin datos de las impresoras de Harbour Architects, LLP")
    assert "Compruebe lo siguiente:" in email["body"]
    assert "Email to the customer" in stopped.nora.get(stopped.path).text


def test_a_name_cannot_add_fields_to_the_email(stopped: Office, transaction: Transaction) -> None:
    with transaction() as session:
        session.get_one(Feed, stopped.feed_id).customer_name = HOSTILE

    email = mailto(stopped)

    assert set(email) == {"subject", "body"}
    assert HOSTILE in email["subject"]
    assert HOSTILE in email["body"]


def test_a_feed_that_reports_or_is_read_by_hand_has_no_email(
    office: Office, transaction: Transaction
) -> None:
    assert "mailto:" not in office.nora.get(office.path).text
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        feed.health, feed.read_interval_days = "unhealthy", 30
        feed.last_data_on = yesterday() - timedelta(days=60)

    assert "mailto:" not in office.nora.get(office.path).text


def test_the_customer_does_not_see_the_email(
    stopped: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        account = session.get_one(Feed, stopped.feed_id).account
        factories.user(session, account, email="cara@example.com")

    assert "mailto:" not in log_in("cara@example.com").get(stopped.path).text


def test_the_email_has_the_brand_of_the_partner(stopped: Office, transaction: Transaction) -> None:
    with transaction() as session:
        partner = session.get_one(Feed, stopped.feed_id).server.account
        factories.brand(session, partner, name="Northwind Green")

    assert mailto(stopped)["body"].endswith("\r\nNorthwind Green")
