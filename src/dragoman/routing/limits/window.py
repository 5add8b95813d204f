"""What was booked in the last so many seconds."""

from __future__ import annotations

from collections import deque
from typing import Final

GRAINS: Final = 240
"""A window is counted in at most so many pieces: its memory does not grow with the traffic."""


class Booking:
    """What was booked in a moment: from `first` to `last`, shorter than a grain."""

    __slots__ = ("amount", "first", "last")

    def __init__(self, now: float, amount: float) -> None:
        self.first = now
        self.last = now
        self.amount = amount


class SlidingSum:
    """The sum of what was booked in a sliding window. Not locked: its owner is.

    Never less than the truth: bookings less than a grain (1/240 of the window) apart leave it together, with the last.

    Attributes:
        total: The sum when it was asked for last, with what was booked since.
        newest: The last booking, as long as it is in the window.
        grain: In seconds.
    """

    __slots__ = ("_bookings", "grain", "newest", "seconds", "total")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.total = 0.0
        self.grain = seconds / GRAINS
        self.newest: Booking | None = None
        self._bookings: deque[Booking] = deque()

    def at(self, now: float) -> float:
        """The sum in the window that ends at `now`."""
        bookings = self._bookings
        while bookings and bookings[0].last + self.seconds <= now:
            self.total -= bookings.popleft().amount
        if not bookings:
            self.newest = None
            self.total = 0.0  # not the dust that floats leave
        return self.total

    def add(self, amount: float, now: float) -> Booking:
        """Book `amount`; what comes back can be corrected by `correct`."""
        newest = self.newest
        if newest is not None and now < newest.first + self.grain:
            self.total += amount
            newest.amount += amount
            newest.last = max(newest.last, now)
            return newest
        self.total = self.at(now) + amount  # what has left the window goes even if nobody ever asks for the sum
        booking = self.newest = Booking(now, amount)
        self._bookings.append(booking)
        return booking

    def correct(self, booking: Booking, by: float, now: float) -> None:
        """Less was used than booked: take `by` off, unless it has left the window."""
        if booking.last + self.seconds > now:
            booking.amount -= by
            self.total -= by

    def falls_to(self, amount: float, now: float) -> float:
        """When the sum will be `amount` or less if nothing is booked before; `now` if it is."""
        total = self.at(now)
        when = now
        for booking in self._bookings:
            if total <= amount:
                break
            total -= booking.amount
            when = booking.last + self.seconds
        return when
