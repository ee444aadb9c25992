"""Models, one file per noun. Importing this package registers every table."""

from webapp.models.account import Account
from webapp.models.audit_entry import AuditChain, AuditEntry
from webapp.models.brand import Brand, Logo
from webapp.models.certificate import Certificate, Document
from webapp.models.collection import Collection, Outcome, RetryRows
from webapp.models.deposit import Deposit
from webapp.models.device import Device
from webapp.models.device_attention import DeviceAttention
from webapp.models.equivalent import Equivalent
from webapp.models.feed import Feed
from webapp.models.feed_event import FeedEvent
from webapp.models.feed_note import FeedNote
from webapp.models.fleet_overlap import FleetSerial, ServerOverlap
from webapp.models.health_change import HealthChange
from webapp.models.invitation import Invitation
from webapp.models.month import ClosedMonth
from webapp.models.notice import Mail, Notice
from webapp.models.reading import Delta, Reading
from webapp.models.reconciliation import Reconciliation
from webapp.models.saved_view import SavedView
from webapp.models.server import Server
from webapp.models.summary import PartnerMonth, ServerDay
from webapp.models.user import User
from webapp.models.user_session import UserSession

__all__ = [
    "Account",
    "AuditChain",
    "AuditEntry",
    "Brand",
    "Certificate",
    "ClosedMonth",
    "Collection",
    "Delta",
    "Deposit",
    "Device",
    "DeviceAttention",
    "Document",
    "Equivalent",
    "Feed",
    "FeedEvent",
    "FeedNote",
    "FleetSerial",
    "HealthChange",
    "Invitation",
    "Logo",
    "Mail",
    "Notice",
    "Outcome",
    "PartnerMonth",
    "Reading",
    "Reconciliation",
    "RetryRows",
    "SavedView",
    "Server",
    "ServerDay",
    "ServerOverlap",
    "User",
    "UserSession",
]
