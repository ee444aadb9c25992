"""Device attention: the devices that are silent or missing although their feed is healthy."""

from __future__ import annotations

from datetime import date
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base

DeviceStatus = Literal["silent", "missing"]


class DeviceAttention(Base):
    """A device that needs attention, as of the latest collection of its server.

    The result of a check that depends on the day of the collection, not a sum of rows. Otherwise
    home and lists would have to read every device. ``since``: the device's ``latest_on`` if it is
    silent, its ``missing_since`` if it is missing.
    """

    __tablename__ = "device_attention"
    __table_args__ = (CheckConstraint("status in ('silent', 'missing')", name="status"),)

    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), index=True)
    status: Mapped[DeviceStatus] = mapped_column(String(16))
    since: Mapped[date]
