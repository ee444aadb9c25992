"""The plan of a run: what goes wrong when, drawn from a seed before the run."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tests.printerpoint.hostile_answers import MALFORMED
from tests.soak.clock import FIRST_MOMENT
from tests.soak.fleet import PARTNERS, Size
from tests.soak.processes import VICTIMS, Victim

DAYS = 92

#: What can be done to the field, and how often in a run.
_CHANGES = {
    "reset_count": 3,
    "replace_printer": 3,
    "move_printer": 6,
    "set_asset": 3,
    "rename_customer": 2,
    "remove_printer": 1,
}

DisruptionKind = Literal[
    "kill", "redis restarted", "redis flushed", "database locked", "database restarted"
]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything. ``decks``: into how many parts the deck of faults is cut.

    ``every``: days from one visit to the next; nights between them are missed, and caught up.
    """

    size: Size
    days: int
    every: int
    disruptions: Mapping[DisruptionKind, int]
    freezes: int
    decks: int


#: Everything: what ``make soak`` runs.
FULL = Scale(
    Size(partners=3, customers=5, printers=3, page_size=5),
    DAYS,
    every=1,
    disruptions={"kill": 70, "redis restarted": 6, "redis flushed": 6, "database locked": 8},
    freezes=25,
    decks=1,
)
#: What a test can afford; two seeds share the deck of faults.
SHORT = Scale(
    Size(partners=2, customers=2, printers=2, page_size=2),
    DAYS,
    every=4,
    disruptions={"kill": 10, "redis restarted": 1, "redis flushed": 2, "database locked": 2},
    freezes=6,
    decks=2,
)


@dataclass(frozen=True, slots=True)
class Disruption:
    """A disruption of the processes, so many real seconds into a visit.

    ``at_work``: not before a collection is going on. ``seconds``: how long a lock is held.
    """

    kind: DisruptionKind
    after: float
    victim: Victim = "worker"
    at_work: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ApiFault:
    """A fault of Printerpoint. ``visits``: how many it outlasts; 0: it ends midway."""

    kind: str
    verb: str
    words: Mapping[str, Any]
    visits: int


@dataclass(slots=True)
class Visit:
    """A time to which the clock is moved, and the faults then."""

    number: int
    moment: datetime
    disruptions: list[Disruption] = field(default_factory=list)
    api_fault: ApiFault | None = None
    #: For each agent that freezes, after how many visits it returns; the run chooses whose.
    freezes: list[int] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def plan(seed: int, scale: Scale) -> list[Visit]:
    """The visits of a run: the same for the same seed and scale."""
    chance = random.Random(f"plan {seed}")
    days = range(1, scale.days + 1, scale.every)
    visits = [Visit(number, _moment(day, scale, chance)) for number, day in enumerate(days)]
    # The last one comes when a night of every partner has been due since the one before it, or
    # the oracle would have pages that could not be read yet.
    visits[-1].moment = max(visits[-1].moment, visits[-2].moment + timedelta(hours=26))
    # The first ones take the baseline, the last ones bring what is left.
    middle = visits[2:-3]
    _deal_troubles(middle, seed, scale, chance)
    for kind, times in scale.disruptions.items():
        for _ in range(times):
            chance.choice(middle).disruptions.append(_disruption(kind, chance))
    for _ in range(scale.freezes):
        chance.choice(middle).freezes.append(max(1, chance.randint(1, 7) // scale.every))
    for verb, times in _CHANGES.items():
        for _ in range(times):
            chance.choice(middle[: len(middle) * 2 // 3]).changes.append(verb)
    return visits


def _moment(day: int, scale: Scale, chance: random.Random) -> datetime:
    """A time of a day of UTC: mostly right after a partner's midnight, else any hour."""
    morning = FIRST_MOMENT.replace(hour=0) + timedelta(days=day)
    if chance.random() < 0.3:
        return morning + timedelta(minutes=chance.randrange(24 * 60))
    zone = ZoneInfo(chance.choice(PARTNERS[: scale.size.partners])[0])
    nights = (
        datetime.combine((morning + timedelta(days=later)).date(), time(0, 11), zone)
        for later in (0, 1)
    )
    return next(
        night.astimezone(UTC) for night in nights if night.astimezone(UTC).date() == morning.date()
    )


def _deal_troubles(visits: Sequence[Visit], seed: int, scale: Scale, chance: random.Random) -> None:
    dealt = _deck(random.Random("deck"))[seed % scale.decks :: scale.decks]
    chance.shuffle(dealt)
    # One fault replaces another, so each ends before the next.
    places = sorted(chance.sample(range(len(visits)), len(dealt)))
    ends = [*places, len(visits)][1:]
    for place, end, (kind, verb, words) in zip(places, ends, dealt, strict=True):
        lasts = chance.choice((0, 0, 0, 1, 2, 5))
        visits[place].api_fault = ApiFault(kind, verb, words, min(lasts, end - place - 1))


def _deck(chance: random.Random) -> list[tuple[str, str, dict[str, Any]]]:
    """Every kind of fault, some of them in several ways."""
    deck: list[tuple[str, str, dict[str, Any]]] = [
        ("down", "go_offline", {}),
        ("down", "go_offline", {"times": 3}),
        ("refused", "refuse", {"status": 401}),
        ("refused", "refuse", {"status": 403}),
        ("timed out", "time_out", {}),
        ("timed out", "time_out", {"page": 2, "times": 2}),
        ("500", "return_500", {"status": 500}),
        ("500", "return_500", {"status": 503, "page": 2}),
        ("429", "return_429", {"retry_after": 3600}),
        ("429", "return_429", {"retry_after": 1, "times": 2}),
        ("page dropped", "answer", {"how": "drop", "page": 1}),
        ("page dropped", "answer", {"how": "drop", "page": 2}),
    ]
    for how in MALFORMED:
        words: dict[str, Any] = {"how": how, "page": chance.choice((None, 1, 2))}
        words |= {
            "wrong_next": {"next_url": "https://elsewhere.example/apis/v1/dealer/printers?page=2"},
            "redirect": {"location": "https://elsewhere.example/"},
        }.get(how, {})
        deck.append((f"malformed: {how}", "answer", words))
    return deck


def _disruption(kind: DisruptionKind, chance: random.Random) -> Disruption:
    return Disruption(
        kind,
        after=chance.uniform(0.0, 0.4),
        # A horse costs nothing to start again, a worker seconds.
        victim=chance.choices(VICTIMS, weights=(15, 45, 20, 20))[0],
        at_work=chance.random() < 0.75,
        # Half of the locks outlast SQLite's busy timeout.
        seconds=chance.choice((0.4, 1.5)),
    )


def counted(visits: Sequence[Visit]) -> Counter[str]:
    """How many faults of each kind a plan has, kills left out."""
    faults: Counter[str] = Counter()
    for visit in visits:
        faults.update(
            disruption.kind for disruption in visit.disruptions if disruption.kind != "kill"
        )
        faults["agent silent"] += len(visit.freezes)
        if visit.api_fault is not None:
            faults[visit.api_fault.kind] += 1
    return faults
