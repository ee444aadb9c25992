"""Laws over random mixes of the kinds of noise, on several machines and customers.

``make test`` tries few mixes, the same ones every time; ``make simulations`` tries many others.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.services.counters import COUNTER_SETS, Row, row
from tests.services.dealer import CLOSING_DAY, Dealer
from webapp.domain.metering.codec import from_json
from webapp.models import FeedEvent

pytestmark = pytest.mark.slow

FIRST = date(2026, 10, 27)
NIGHTS = 12
#: The last nights are quiet, so that readings can decide what went before.
QUIET = 4
CUSTOMERS = ("Harbour", "Lake")

Administration = Sequence[str]


@dataclass(frozen=True)
class Machine:
    """What a machine prints by night, and the noise by which it is listed."""

    start: int
    printed: Sequence[int]
    noise: Sequence[str]
    size: int
    counters: str

    def count(self, night: int) -> int:
        """Its true lifetime count."""
        return self.start + sum(self.printed[1 : night + 1])

    def kind(self, night: int) -> str:
        """The noise of a night."""
        return self.noise[night - 1] if 0 < night <= len(self.noise) else "none"


#: Each noisy night is followed by one without, as readings decide what a next reading confirms.
#: A machine either moves or loses its serial number: both at once cannot be followed.
NOISE = ["none"] * 3 + ["zero", "spike", "low", "null", "huge", "absent", "frozen", "twice", "case"]
noises = st.sampled_from(["no serial", "elsewhere", "on loan"]).flatmap(
    lambda other: st.lists(
        st.sampled_from([*NOISE, other]),
        min_size=(NIGHTS - QUIET) // 2,
        max_size=(NIGHTS - QUIET) // 2,
    ).map(lambda kinds: [kind for noisy in kinds for kind in (noisy, "none")])
)
machines = st.builds(
    Machine,
    start=st.integers(1_000, 400_000),
    printed=st.lists(st.integers(0, 400), min_size=NIGHTS, max_size=NIGHTS),
    noise=noises,
    size=st.integers(421, 60_000),
    counters=st.sampled_from(["colour", "size", "area", "categories"]),
)
mixes = st.lists(machines, min_size=1, max_size=4)
#: What users do in the morning after a night.
administrations = st.lists(
    st.sampled_from(["nothing", "nothing", "reconnect"]), min_size=NIGHTS, max_size=NIGHTS
)

Law = Callable[[str, Sequence[Machine], Administration, bool], None]


def listed(number: int, machine: Machine, night: int) -> list[Row]:
    """The rows of a machine on a night; at home it stands at one of the customers."""
    day = FIRST + timedelta(days=night)
    home, other = CUSTOMERS[number % 2], CUSTOMERS[1 - number % 2]
    kind, counters = machine.kind(night), COUNTER_SETS[machine.counters]
    pages = machine.count(night)

    def one(customer: str = home, pages: int = pages, **changed: object) -> Row:
        values = {"asset": f"A-{number}", "counters": counters} | changed
        return row(customer, f"S-{number}x", pages, day, **values)

    before = day - timedelta(days=1)
    frozen = {"seen": f"{before}T19:11:00.0000000Z"}
    rows = {
        "zero": [one(pages=0)],
        "spike": [one(pages=pages + machine.size)],
        "low": [one(pages=pages // 3)],
        "null": [one(counters=dict.fromkeys(counters(pages)))],
        "huge": [one(counters=dict.fromkeys(counters(pages), 2**63 - 1))],
        "no serial": [one() | {"serialNumber": "N/A"}],
        "case": [one() | {"serialNumber": f" s-{number}X"}],
        "absent": [],
        "frozen": [one(pages=pages - machine.printed[night], **frozen)],
        "twice": [one(), one(asset=None), one()],
        "elsewhere": [one(other)],
        "on loan": [one("Museum")],
    }
    return rows.get(kind, [one()])


def simulate(
    dealer: Dealer, mix: Sequence[Machine], doings: Administration, backwards: bool
) -> None:
    """Collect all nights, each three times in other orders; October closes in between."""
    feeds = {name: dealer.connects(name, dealer.at(FIRST)) for name in CUSTOMERS}
    for night in range(NIGHTS):
        day = FIRST + timedelta(days=night)
        if day == CLOSING_DAY:
            dealer.close_month("2026-10", dealer.at(day))
        rows = [one for number, machine in enumerate(mix) for one in listed(number, machine, night)]
        # A customer is always listed, as an empty fleet is not processed.
        rows += [row(name, f"QUIET-{name}", 700, day) for name in CUSTOMERS]
        dealer.night(day, rows[::-1] if backwards else rows, backwards=backwards)
        before = dealer.facts()
        dealer.night(day, rows if backwards else rows[::-1], backwards=not backwards)
        dealer.night(day, sorted(rows, key=repr), backwards=backwards)
        assert dealer.facts() == before
        assert_every_rise_is_in_one_delta(dealer)
        if doings[night] == "reconnect":
            morning = dealer.at(day + timedelta(days=1))
            for name, feed in feeds.items():
                dealer.removes(feed, morning)
                feeds[name] = dealer.connects(name, morning + timedelta(minutes=5))
    dealer.check()


def assert_every_rise_is_in_one_delta(dealer: Dealer) -> None:
    """Each count is its baseline and the deltas since: counted, held, or taken into the baseline.

    Where a reset counter was restored, deltas are of two ranges of the counter.
    """
    deltas = defaultdict(list)
    for delta in dealer.deltas():
        deltas[delta.device_id].append(delta)
    for device in dealer.devices():
        state = from_json(device.state)
        own = [delta for delta in deltas[device.id] if delta.era == state.era]
        if any(delta.kind == "restored" for delta in own):
            continue
        since = [delta for delta in own if delta.kind != "roll_over"]
        waiting = sum(delta.pages for delta in since if delta.state == "held")
        counted = sum(delta.counted for delta in since)
        assert device.initial_count + counted + waiting == device.latest_count


def resets(dealer: Dealer) -> int:
    """How many resets of counters were recorded."""
    ids = [device.id for device in dealer.devices()]
    with dealer.session() as session:
        query = select(func.count()).select_from(FeedEvent)
        ofs = query.where(FeedEvent.device_id.in_(ids), FeedEvent.kind == "reset")
        return session.scalar(ofs) or 0


def pages_are_what_the_counters_gained(
    database_url: str, mix: Sequence[Machine], doings: Administration, backwards: bool
) -> None:
    """Never more than was printed; what is neither deposited nor held was on loan or reset."""
    dealer = Dealer(database_url)

    simulate(dealer, mix, doings, backwards)

    by_serial = {device.serial_number.strip().upper(): device for device in dealer.devices()}
    waiting: dict[int, int] = defaultdict(int)
    for delta in dealer.deltas("held"):
        waiting[delta.device_id] += delta.pages
    unbracketed = resets(dealer)
    for number, machine in enumerate(mix):
        device = by_serial[f"S-{number}X"]
        gained = machine.count(NIGHTS - 1) - machine.start
        # What it printed on loan is not counted.
        lost = unbracketed or "on loan" in machine.noise
        assert device.life_count <= gained
        assert lost or device.life_count + waiting[device.id] >= gained
        assert device.latest_count == machine.count(NIGHTS - 1)
    assert len(dealer.devices()) == len(mix) + len(CUSTOMERS)


def order_changes_nothing(
    database_url: str, mix: Sequence[Machine], doings: Administration, backwards: bool
) -> None:
    """Rows and feeds in another order from the first night on end in the same deposits."""
    found = []
    for turned in (backwards, not backwards):
        dealer = Dealer(database_url)
        simulate(dealer, mix, doings, turned)
        with_names: dict[tuple[str, date], int] = defaultdict(int)
        for (feed, day), pages in dealer.deposits().items():
            with_names[dealer.customer_of(feed), day] += pages
        found.append({key: pages for key, pages in with_names.items() if pages})

    assert found[0] == found[1]


LAWS = [pages_are_what_the_counters_gained, order_changes_nothing]
#: A database is shared by the examples; each has a dealer of its own.
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.parametrize("law", LAWS)
@settings(max_examples=5, derandomize=True, database=None, suppress_health_check=SHARED)
@given(mix=mixes, doings=administrations, backwards=st.booleans())
def test_field_properties_hold(
    database_url: str,
    law: Law,
    mix: Sequence[Machine],
    doings: Administration,
    backwards: bool,
) -> None:
    law(database_url, mix, doings, backwards)


@pytest.mark.simulation
@pytest.mark.both_databases
@pytest.mark.parametrize("law", LAWS)
@settings(max_examples=100, suppress_health_check=SHARED)
@given(mix=mixes, doings=administrations, backwards=st.booleans())
def test_field_properties_hold_for_many_combinations(
    database_url: str,
    law: Law,
    mix: Sequence[Machine],
    doings: Administration,
    backwards: bool,
) -> None:
    law(database_url, mix, doings, backwards)
