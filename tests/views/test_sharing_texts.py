"""The pages of sharing are read by the customer, its partner and operations."""

import re
from collections.abc import Callable

import pytest

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.models import User

_PERSONAL = re.compile(r"\b(you|your|yourself|our|we)\b", re.IGNORECASE)


@pytest.mark.parametrize("reader", ["cara", "nora", "oscar"])
def test_the_texts_of_sharing_are_right_for_each_of_its_readers(
    transaction: Transaction, log_in: Callable[[User | str], Visitor], reader: str
) -> None:
    with transaction() as session:
        customer = factories.customer(session)
        factories.user(session, customer, email="cara@example.com")
        factories.user(session, customer.partner, email="nora@example.com")
        factories.user(session, factories.operations(session), email="oscar@example.com")
        address = f"/accounts/{customer.id}/sharing"
        renewal = f"/accounts/{customer.id}/badge/renew"
    visitor = log_in(f"{reader}@example.com")

    pages = [visitor.get(address).text]
    for action in ("badge-on", "unnamed"):
        visitor.post(address, {"action": action})
        pages.append(visitor.get(address).text)
    pages.append(visitor.get(renewal).text)

    for page in pages:
        content = page.partition("<h1")[2].partition("</main>")[0]
        assert "address" in content
        # The alternative text of the image is for the customer's website.
        assert not _PERSONAL.search(content.replace("the pages we print", ""))
