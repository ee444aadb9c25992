"""Faults that the sandbox simulates on request."""

import threading
from typing import Any

import msgspec


class Fault(msgspec.Struct, frozen=True):
    """A fault of one page or of all, for a number of requests or until ``recover``."""

    kind: str
    page: int | None = None
    times: int | None = None
    options: dict[str, Any] = {}


#: The kinds of ``return_malformed``.
MALFORMED = (
    "html",  # a login page in place of data
    "not_json",
    "empty",
    "truncated",  # whole as HTTP, cut off as JSON
    "no_envelope",  # a bare list
    "wrong_results",
    "charset",  # UTF-16
    "latin1",
    "deep",  # nested a hundred thousand times
    "looping_next",  # the last page leads to itself
    "wrong_next",  # the page leads to options["next"]
    "redirect",  # to options["location"]
    "endless",
    "gzip_bomb",
    "cut_gzip",
    "slow_body",  # a byte at a time
    "slow_head",
    "not_http",
)


class Faults:
    """Methods that simulate a fault; a new one replaces the previous one."""

    def __init__(self) -> None:
        #: Set to release the responses that wait on it; later responses wait on a new event.
        self.released = threading.Event()
        self._fault: Fault | None = None
        self._guard = threading.Lock()

    def go_offline(self, times: int | None = None) -> None:
        """Reset every connection before a response."""
        self._set_fault(Fault("down", times=times))

    def refuse(self, status: int = 401) -> None:
        """Refuse every token."""
        self._set_fault(Fault("status", options={"status": status}))

    def time_out(self, times: int | None = None, page: int | None = None) -> None:
        """Send no response."""
        self._set_fault(Fault("hangs", page=page, times=times))

    def return_500(
        self, times: int | None = None, status: int = 500, page: int | None = None
    ) -> None:
        """Respond with an internal error."""
        self._set_fault(Fault("status", page=page, times=times, options={"status": status}))

    def return_429(
        self,
        retry_after: int | str | None = None,
        times: int | None = None,
        page: int | None = None,
    ) -> None:
        """Respond with "too many requests"; ``retry_after``: seconds or an HTTP date."""
        options = {"status": 429, "retry_after": retry_after}
        self._set_fault(Fault("status", page=page, times=times, options=options))

    def return_malformed(
        self, how: str = "html", page: int | None = None, times: int | None = None, **options: Any
    ) -> None:
        """Respond with one of MALFORMED."""
        if how not in MALFORMED:
            raise ValueError(f"{how!r} is not one of {', '.join(MALFORMED)}")
        self._set_fault(Fault(how, page=page, times=times, options=options))

    def drop_page(self, page: int, times: int | None = None) -> None:
        """Break the connection in the middle of this page (the first is 1)."""
        self._set_fault(Fault("drops", page=page, times=times))

    def recover(self) -> None:
        """End the fault and release the responses that wait."""
        with self._guard:
            self._fault = None
            self._release()

    def fault_for(self, page: int) -> Fault | None:
        """Return the fault of this response, and count it."""
        with self._guard:
            fault = self._fault
            if fault is None or fault.page not in (None, page):
                return None
            if fault.times is not None:
                left = fault.times - 1
                self._fault = msgspec.structs.replace(fault, times=left) if left > 0 else None
            return fault

    def _set_fault(self, fault: Fault) -> None:
        with self._guard:
            self._release()
            self._fault = fault

    def _release(self) -> None:
        self.released.set()
        self.released = threading.Event()
