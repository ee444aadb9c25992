"""Faults that the sandbox simulates on request."""

import threading
from typing import Any

import msgspec


class Fault(msgspec.Struct, frozen=True):
    """What goes wrong: on one page or on all, so many times or until ``recovers``."""

    kind: str
    page: int | None = None
    times: int | None = None
    options: dict[str, Any] = {}


#: What ``answers_malformed`` understands.
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
    """The verbs of failure. A later one takes the place of the one before."""

    def __init__(self) -> None:
        #: Set when the answers that hang by it are to be let go; the next ones hang by another.
        self.over = threading.Event()
        self._fault: Fault | None = None
        self._guard = threading.Lock()

    def is_down(self, times: int | None = None) -> None:
        """Every connection is reset before an answer."""
        self._goes_wrong(Fault("down", times=times))

    def refuses(self, status: int = 401) -> None:
        """No token is accepted."""
        self._goes_wrong(Fault("status", options={"status": status}))

    def times_out(self, times: int | None = None, page: int | None = None) -> None:
        """No answer comes."""
        self._goes_wrong(Fault("hangs", page=page, times=times))

    def answers_500(
        self, times: int | None = None, status: int = 500, page: int | None = None
    ) -> None:
        """A fault of its own."""
        self._goes_wrong(Fault("status", page=page, times=times, options={"status": status}))

    def answers_429(
        self,
        retry_after: int | str | None = None,
        times: int | None = None,
        page: int | None = None,
    ) -> None:
        """Too many requests; ``retry_after``: seconds or an HTTP date."""
        options = {"status": 429, "retry_after": retry_after}
        self._goes_wrong(Fault("status", page=page, times=times, options=options))

    def answers_malformed(
        self, how: str = "html", page: int | None = None, times: int | None = None, **options: Any
    ) -> None:
        """One of MALFORMED."""
        if how not in MALFORMED:
            raise ValueError(f"{how!r} is not one of {', '.join(MALFORMED)}")
        self._goes_wrong(Fault(how, page=page, times=times, options=options))

    def drops_page(self, page: int, times: int | None = None) -> None:
        """The connection breaks in the middle of this page (the first is 1)."""
        self._goes_wrong(Fault("drops", page=page, times=times))

    def recovers(self) -> None:
        """All is well again; answers that hang are let go."""
        with self._guard:
            self._fault = None
            self._let_go()

    def fault_for(self, page: int) -> Fault | None:
        """What goes wrong with this answer; counts it."""
        with self._guard:
            fault = self._fault
            if fault is None or fault.page not in (None, page):
                return None
            if fault.times is not None:
                left = fault.times - 1
                self._fault = msgspec.structs.replace(fault, times=left) if left > 0 else None
            return fault

    def _goes_wrong(self, fault: Fault) -> None:
        with self._guard:
            self._let_go()
            self._fault = fault

    def _let_go(self) -> None:
        self.over.set()
        self.over = threading.Event()
