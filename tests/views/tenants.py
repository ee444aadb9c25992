"""Tenants: a partner with a customer and one of everything, under names of its own."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from tests import factories
from webapp.models import Account, Server, User


@dataclass(slots=True)
class Tenant:
    """The ids of one of everything; ``texts`` are on the pages of no other tenant."""

    partner_id: int
    arguments: dict[str, int | str]
    users: dict[str, User]
    texts: set[str] = field(default_factory=set)


def partner_tenant(session: Session, name: str) -> Tenant:
    """A partner, its users and server, and a customer."""
    partner = factories.partner(session, name=f"{name} Partner")
    server = factories.server(session, partner, name=f"{name} Login")
    users = {
        role: factories.user(
            session,
            partner,
            role=role,
            full_name=f"{name} {role}",
            email=f"{role}@{name.lower()}.example",
        )
        for role in ("partner_admin", "partner_viewer")
    }
    brand = factories.brand(session, partner)
    tenant = customer_tenant(session, name, partner, server)
    tenant.arguments["digest"] = brand.logo_digest or ""
    tenant.users.update(users)
    tenant.texts |= {partner.name, server.name, *_texts_of(*users.values())}
    return tenant


def customer_tenant(session: Session, name: str, partner: Account, server: Server) -> Tenant:
    """A customer of a partner, with one of everything; the texts are on no other tenant's pages."""
    customer = factories.customer(session, partner, name=f"{name} Customer")
    user = factories.user(
        session, customer, full_name=f"{name} Person", email=f"person@{name.lower()}.example"
    )
    feed = factories.feed(
        session, server, customer, customer_name=f"{name} Feed", customer_id=f"{name.upper()}01"
    )
    device = factories.device(
        session, feed, asset_id=f"A-{name}", serial_number=f"SN-{name}", latest_count=200_000
    )
    factories.reading(session, device)
    factories.deposit(session, feed)
    delta = factories.delta(session, device, pages=900_000, state="held")
    collection = factories.collection(session, server, kind="manual")
    factories.outcome(session, collection, feed)
    factories.health_change(session, feed, reason=f"{name} was silent")
    mail = factories.mail(session, user)
    certificate = factories.certificate(session, customer, number=f"R-2026-10-{name[:6].upper()}")
    factories.document(session, certificate)
    return Tenant(
        partner.id,
        {
            "account_id": customer.id,
            "server_id": server.id,
            "feed_id": feed.id,
            "device_id": device.id,
            "delta_id": delta.id,
            "collection_id": collection.id,
            "user_id": user.id,
            "mail_id": mail.id,
            "note_id": factories.feed_note(session, feed, user).id,
            "number": certificate.number,
            "public_id": certificate.public_id,
        },
        {"customer": user},
        {customer.name, feed.customer_name, device.asset_id, device.serial_number,
         certificate.number, f"{name} was silent", *_texts_of(user)},
    )  # fmt: skip


def _texts_of(*users: User) -> set[str]:
    return {word for user in users for word in (user.full_name, user.email)}
