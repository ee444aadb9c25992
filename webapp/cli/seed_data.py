"""The data of the demo: one partner, its customers with their printers, four users, events."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from webapp.domain.calendar import business_days_of_gap
from webapp.domain.months import Month
from webapp.models.user import Role
from webapp.printerpoint.sandbox.usage import CounterSet

PARTNER = "Northwind Print Partners"
TIME_ZONE = "America/New_York"
COUNTRY = "US"
#: The API tokens of the partner's servers, and of a dealer without an account here, for trying out
#: how a server is registered.
TOKEN, BRANCH_TOKEN, LOST_KEY_TOKEN = "northwind-demo", "portland-demo", "spokane-demo"
SPARE_TOKEN = "spare-demo"  # noqa: S105 # nosec B105 - of a sandbox
#: A server whose token is refused, and one whose token was encrypted with a lost key, so
#: that its collection is a failed job.
BRANCH_SERVER, LOST_KEY_SERVER = "Portland branch", "Spokane branch"

#: The events need as many nights before the last.
FEWEST_NIGHTS = 45

#: A command to the sandbox and its arguments, by day.
Events = dict[date, tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer in Printerpoint; ``count``: lifetime count at the start."""

    serial: str | None
    asset: str | None
    pages_per_weekday: int
    count: int
    counter_set: CounterSet = "colour"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the partner, in Printerpoint."""

    name: str
    customer_id: str | None
    printers: tuple[Printer, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A user. ``account``: None for operations."""

    email: str
    full_name: str
    role: Role
    account: str | None


LAW_FIRM = Customer(
    "Whitcombe & Sayer LLP",
    "WHIT01",
    (
        Printer("CNB7K1041", "WS-01 Litigation", 940, 812_455),
        Printer("CNB7K1042", "WS-02 Litigation", 610, 655_120),
        Printer("CNB7K2210", "WS-03 Partners", 180, 97_340),
        Printer("PHB3R0077", "WS-04 Mail room", 420, 1_204_981, "size"),
    ),
)
HOSPITAL = Customer(
    "St. Brigid's Hospital",
    "STBR02",
    (
        Printer("JPB4H5501", "SB-101 Admissions", 780, 1_933_207),
        Printer("JPB4H5502", "SB-102 Emergency", 655, 1_518_664),
        Printer("JPB4H5503", "SB-103 Pharmacy", 870, 2_201_350),
        Printer("JPB4H5504", "SB-104 Radiology", 240, 301_775),
        Printer("JPB4H5505", "SB-105 Maternity", 205, 288_012),
        Printer("JPB4H5506", "SB-106 Billing", 1_120, 3_020_518),
        Printer("XEA9900121", "SB-107 Laboratory", 515, 920_433, "size"),
    ),
)
SCHOOL = Customer(
    "Maple Street Elementary School",
    "MAPL03",
    (
        Printer("VNC5T3301", "MS-1 Staff room", 720, 540_091),
        Printer("VNC5T3302", "MS-2 Office", 260, 233_870),
        Printer("VNC5T3303", "MS-3 Library", 95, 61_207),
    ),
)
ARCHITECTS = Customer(
    "Harbour Architects, LLP",
    "HARB04",
    (
        Printer("PLT24X0009", "HA-1 Plotter", 64, 88_410, "area"),
        Printer("PLT24X0013", "HA-2 Plotter", 38, 21_660, "area_by_colour"),
        Printer("CNB1L2M345", "HA-3 Studio", 150, 182_345),
    ),
)
#: It has no ID in Printerpoint and prints less than a page a day.
BAKERY = Customer("Rosie's Bakery", None, (Printer("BRN0041877", "Counter", 1, 2_319),))
#: Its agent is silent for six business days and returns.
CLINIC = Customer(
    "Cascade Veterinary Clinic",
    "CASC06",
    (
        Printer("CNB9V8120", "CV-1 Reception", 190, 144_302),
        Printer("CNB9V8121", "CV-2 Surgery", 85, 50_998),
    ),
)
#: Its agent is silent at the end.
WORKSHOP = Customer(
    "Ironbridge Machine Works",
    "IRON07",
    (
        Printer("MXL2210044", "IM-1 Shop floor", 130, 318_555, "size"),
        Printer("MXL2210045", "IM-2 Dispatch", 310, 702_119, "size"),
    ),
)
#: One of its printers was entered by hand without a serial number or an asset ID.
CREDIT_UNION = Customer(
    "Lakeview Credit Union",
    "LAKE08",
    (
        Printer("PHB8C6610", "LC-1 Tellers", 330, 410_067),
        Printer("PHB8C6611", "LC-2 Loans", 275, 366_904),
        Printer(None, None, 0, 5_120),
    ),
)
CUSTOMERS = (
    LAW_FIRM,
    HOSPITAL,
    SCHOOL,
    ARCHITECTS,
    BAKERY,
    CLINIC,
    WORKSHOP,
    CREDIT_UNION,
)

SPARE_CUSTOMERS = (
    Customer("Old Mill Hotel", "OLDM01", (Printer("CNB4Q1180", "OM-1 Desk", 90, 44_120),)),
    Customer("Fennel & Daughters Florist", None, (Printer("BRN0077310", None, 12, 9_804),)),
    Customer(
        "Quayside Dental",
        "QUAY03",
        (
            Printer("VNC8D4410", "QD-1", 140, 120_400),
            Printer("VNC8D4411", "QD-2", 60, 33_871),
        ),
    ),
)

DEALERS = {
    TOKEN: CUSTOMERS,
    BRANCH_TOKEN: (
        Customer(
            "Rosewood Montessori School",
            "ROSE01",
            (Printer("VNC7R5510", "RM-1 Office", 210, 96_340),),
        ),
    ),
    LOST_KEY_TOKEN: (
        Customer(
            "Palouse Hardware", "PALO01", (Printer("BRN0090442", "PH-1 Counter", 45, 27_115),)
        ),
    ),
    SPARE_TOKEN: SPARE_CUSTOMERS,
}

PEOPLE = (
    Person("operations@example.com", "Olive Marsh", "operations", None),
    Person("partner@example.com", "Nora Winters", "partner_admin", PARTNER),
    Person("viewer@example.com", "Victor Ames", "partner_viewer", PARTNER),
    Person("customer@example.com", "Clara Whitcombe", "customer", LAW_FIRM.name),
)


def first_day(last: date, months: int) -> date:
    """Return the day of the first readings: the last one before ``months`` whole months, or more.

    The first month is long enough ago to be closed, so that there are certificates on any day.
    """
    month = Month.of(last)
    while months > 0 or (last - month.first).days + 1 < FEWEST_NIGHTS:
        month = month.previous()
        months -= 1
    return month.first - timedelta(days=1)


def events(first: date, last: date, holidays: Container[date]) -> Events:
    """Return the event of the morning of each day, all of them business days before ``last``.

    They are planned back from the last day, so that the data is equally recent on any day.
    """
    days = business_days_of_gap(first, last, holidays)
    replaced = {"printer": "VNC5T3302", "new_serial": "VNC6A0417", "count": 12}
    return {
        days[-18]: ("stop_agent", {"customer": CLINIC.name}),
        days[-11]: ("start_agent", {"customer": CLINIC.name}),
        days[-9]: ("replace_printer", replaced),
        # That night the response is a web page; the server is paused until the morning.
        days[-7]: ("return_html", {}),
        days[-5]: ("stop_agent", {"customer": WORKSHOP.name}),
        # A new formatter board has the count of another machine: held for a decision.
        days[-4]: ("print_pages", {"printer": "JPB4H5504", "pages": 26_000}),
    }
