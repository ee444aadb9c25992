"""The limits of metering, in one table; docs/domain.md explains each."""

from dataclasses import dataclass

from webapp.domain.metering.state import History


@dataclass(frozen=True, slots=True)
class Limits:
    """Defaults fit office machines; units are pages unless the name states another one."""

    #: A device with fewer non-zero deltas is young.
    young_deltas: int = 5
    #: Per business day: the limit of a young device, and the lowest limit of every other.
    per_day: int = 5_000
    #: The limit of a device with a history: this multiple of its busiest ordinary day.
    busiest_factor: int = 3
    #: Each further business day of a gap adds the larger of these two.
    gap_day: int = 1_000
    gap_mean_factor: int = 3
    #: What later readings can confirm: a base, and this number of mean days.
    confirmable: int = 15_000
    confirmable_means: int = 40
    confirmable_means_without_serial: int = 10
    #: No machine prints more in a business day.
    physical: int = 60_000
    #: Business days at or above the held count that confirm it.
    confirming_days: int = 2
    #: A new machine, first seen at 0: pages per business day counted at once, and held at most.
    new_machine: int = 500
    first_count: int = 15_000
    #: A delta of this part of the new lifetime count, and of more pages, is a lifetime count.
    near_lifetime_percent: int = 80
    near_lifetime_pages: int = 1_000
    #: Confirming days resemble the held ones from this fraction of their pages.
    like_divisor: int = 5
    #: A fall of at most this many pages withdraws nothing.
    small_fall: int = 20
    #: Remembered counts a fall can return to; readings within which a reset can be restored.
    remembered: int = 6
    restore_readings: int = 10
    #: Business days after which a missing member, set or serial number is missing permanently.
    missing_days: int = 5
    #: Two rows of a serial number are one machine if their counts differ by at most this.
    agreeing_pages: int = 500
    #: Two rows move equally if their deltas differ by at most this.
    equal_pages: int = 5
    #: Nights of equal movement that prove a copy, and of different movement, two machines.
    copy_nights: int = 3
    separate_nights: int = 2
    #: Nights on which only the other row moved that prove two machines: no copy moves so often
    #: while the machine does not print.
    alone_nights: int = 5
    #: Last-seens that differ by at most this many minutes are equally new.
    same_poll_minutes: int = 120

    def is_young(self, history: History) -> bool:
        """Whether a device has too few deltas for a comparison with its history."""
        return history.deltas < self.young_deltas

    def of_gap(self, history: History, days: int) -> int:
        """Return the most pages that are counted without review, in ``days`` business days."""
        base = self.per_day
        if not self.is_young(history):
            base = max(base, self.busiest_factor * history.busiest)
        return base + self.gap_term(history, days)

    def gap_term(self, history: History, days: int) -> int:
        """Return what further business days of a gap add to a limit."""
        return (days - 1) * max(self.gap_day, self.gap_mean_factor * history.mean)

    def is_near_lifetime(self, history: History, pages: int, count: int, era: int) -> bool:
        """Whether a delta is likely a lifetime count rather than printed pages."""
        return (
            era == 0
            and self.is_young(history)
            and pages > self.near_lifetime_pages
            and pages * 100 >= self.near_lifetime_percent * count
        )

    def most_confirmable(
        self, history: History, days: int, confirming_mean: int, has_serial: bool
    ) -> int:
        """Return the most held pages that later readings can confirm."""
        mean = max(history.mean, confirming_mean, history.busiest // 2)
        factor = self.confirmable_means if has_serial else self.confirmable_means_without_serial
        return self.confirmable + factor * mean + self.gap_term(history, days)


DEFAULT_LIMITS = Limits()
