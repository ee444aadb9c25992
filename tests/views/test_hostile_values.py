"""Hostile values in paths, queries, forms and headers are refused or ignored: no answer of 500."""

from pathlib import Path

import pytest

from tests.conftest import NO_REDIS
from tests.hostile import application
from tests.hostile.senders import in_process
from tests.views.test_access_matrix import Tenants, built_tenants, tenants

__all__ = ["built_tenants", "tenants"]

#: Each route with each of its methods and roles, and some more.
REQUESTS = 1_000


@pytest.mark.slow  # some 1,000 requests; make hostile sends 52,000
def test_no_route_fails_on_hostile_values(tmp_path: Path) -> None:
    tenant, copy = application.sqlite_copies(tmp_path)

    report = in_process(tenant, copy, tmp_path, NO_REDIS, REQUESTS, seed=8)

    assert report.failed == []
    assert sum(report.statuses.values()) == REQUESTS
    assert {200, 302, 403, 404, 422} <= set(report.statuses)


@pytest.mark.parametrize("end", ["\r\nSet-Cookie: x=1", "\n", "\x00", "a" * 5_000, "\u202e"])
@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("/accounts/selection", "/accounts"),
        ("/devices/selection", "/devices"),
        ("/feeds/selection", "/feeds"),
        ("/servers/selection", "/servers"),
        ("/certificates/selection", "/certificates"),
        ("/review/selection", "/review"),
    ],
)
def test_a_hostile_return_address_is_replaced_by_that_of_the_list(
    tenants: Tenants, path: str, listed: str, end: str
) -> None:
    browser = tenants.browser_of("partner_admin")

    answer = browser.post(path, data={"back": f"{listed}?q={end}"})

    assert (answer.status_code, answer.location) == (302, listed)
