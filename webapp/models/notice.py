"""Notice: a health change of which a user is notified. Mail: an email with notices."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.domain.reasons import Reason
from webapp.models.health_change import HealthChange
from webapp.models.user import LONGEST_EMAIL, User

#: The kinds of email notifications that a user can choose.
Subject = Literal["server", "feed", "digest", "nights", "approval", "certificate"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
#: The kinds of emails: notifications, and those with a personal link, which everybody receives.
MailSubject = Literal[Subject, "access"]
#: The purposes of emails about access.
Purpose = Literal["invitation", "reset", "email", "changed"]

_UNSENT = text("mail_id is null")


class Mail(Base):
    """An email to one user. ``key``: identifies its content, unique for each user.

    ``plain``, ``html``: empty for the subject ``access``, which is rendered when it is sent,
    because it contains a link that is a secret.
    ``claimed_at``: when a sender claimed it; a stale claim is taken over by another sender.
    ``due_at``: the next attempt. ``error``: of the last attempt. ``logo_digest``: of the logo in
    its HTML. ``recipient``: an address other than the user's. ``purpose``: of the subject
    ``access``. ``certificate_id``: of the subject ``certificate``, whose PDF is attached.
    """

    __tablename__ = "mail"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_mail_state_due_at", "state", "due_at"),
        Index("ix_mail_created_at", "created_at"),
        CheckConstraint("state in ('queued', 'sending', 'sent', 'failed')", name="state"),
        CheckConstraint(
            "subject in ('server', 'feed', 'digest', 'nights', 'approval', 'access', "
            "'certificate')",
            name="subject",
        ),
        CheckConstraint("purpose in ('invitation', 'reset', 'email', 'changed')", name="purpose"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    key: Mapped[str] = mapped_column(String(60))
    subject: Mapped[MailSubject] = mapped_column(String(12))
    recipient: Mapped[str | None] = mapped_column(String(LONGEST_EMAIL))
    purpose: Mapped[Purpose | None] = mapped_column(String(10))
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))
    title: Mapped[str] = mapped_column(String(250))
    plain: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    logo_digest: Mapped[str | None] = mapped_column(ForeignKey("logo.digest"))
    state: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[Reason | None] = mapped_column(JSON(none_as_null=True))

    user: Mapped[User] = relationship()


class Notice(Base):
    """A change of which one user is notified, written in the change's transaction.

    ``mail_id``: the email that contains it; None until then. ``due_at``: the earliest time of that
    email.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "health_change_id"),
        Index(
            "ix_notice_untold",
            "due_at",
            sqlite_where=_UNSENT,
            postgresql_where=_UNSENT,
        ),
        Index("ix_notice_mail_id", "mail_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    health_change_id: Mapped[int] = mapped_column(ForeignKey("health_change.id"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))

    user: Mapped[User] = relationship()
    change: Mapped[HealthChange] = relationship()
    mail: Mapped[Mail | None] = relationship()
