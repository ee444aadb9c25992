"""Fleet serials and overlaps: which servers read the same machines.

Neither refers to the server by a foreign key: inserting a row would lock the other server's row,
which its removal holds; servers are never deleted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, UtcDateTime


class FleetSerial(Base):
    """A usable serial number of a server's fleet as last read, customers without a feed included.

    ``serial``: normalized by ``identity.serial_key``. Nothing else of such printers is stored.
    """

    __tablename__ = "fleet_serial"
    __table_args__ = (Index("ix_fleet_serial_serial", "serial", "server_id"),)

    server_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    serial: Mapped[str] = mapped_column(String(200), primary_key=True)


class ServerOverlap(Base):
    """Two servers that read the same fleet; the later one waits until it is approved.

    ``server_id``: the later one; ``other_id``: the earlier one; ``shared``: the number of serial
    numbers of both.
    """

    __tablename__ = "server_overlap"
    __table_args__ = (
        CheckConstraint("server_id <> other_id", name="of_two"),
        Index("ix_server_overlap_other_id", "other_id"),
    )

    server_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    other_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shared: Mapped[int]
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
