"""How many kilobytes 60 more certificates leave behind: ``python -m tests.pdf.memory``."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from webapp.pdf import CertificateValues
from webapp.pdf.certificate import CertificateRenderer

WARM = 30
MORE = 60

VALUES = CertificateValues(
    number="R-2026-10-000123",
    account_name="Harbour Architects, LLP",
    partner_name="Northwind Print Services",
    month=date(2026, 10, 1),
    pages=2_469_134,
    late_pages=0,
    late_months=(),
    trees=Decimal("296.31"),
    pages_per_tree=8_333,
    project="Atlantic Rainforest Corridor",
    issued_on=date(2026, 11, 2),
    verify_url="https://releaf.example/c/Zk3uJ0mTq8s2VYb1X5hPa9dLcE7fWgRi",
)


def main() -> None:
    """Draw, and print what stayed."""
    renderer = CertificateRenderer()
    for number in range(WARM):
        renderer.render(replace(VALUES, number=f"R-2026-10-{number:06}"))
    before = _resident_kilobytes()
    for number in range(WARM, WARM + MORE):
        renderer.render(replace(VALUES, number=f"R-2026-10-{number:06}"))
    print(_resident_kilobytes() - before)


def _resident_kilobytes() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise LookupError("this system does not tell a process's memory")


if __name__ == "__main__":
    main()
