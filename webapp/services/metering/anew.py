"""New baselines for a feed's devices, so that pages printed until then do not count."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from webapp.models import Device


def begin_anew(session: Session, feed_id: int) -> None:
    """Make the next reading of each device of a feed its baseline. The feed's row must be locked.

    Deposits do not change. The device continues: identity, history and LifeCount.
    """
    session.execute(
        update(Device)
        .where(Device.feed_id == feed_id)
        .values(awaits_baseline=True)
        .execution_options(synchronize_session=False)
    )
