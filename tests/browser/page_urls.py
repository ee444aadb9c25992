"""The URLs of every page, in all states that it can show.

The names in braces are keys of ``SeededDatabase.ids``. The first URL of an endpoint is opened by
every role that may, the others by the role that sees most of them.
"""

from tests.views.access_table import ANYBODY, WHO
from webapp.views.public.guide import CHAPTERS

#: In the order of how much they see.
ROLES = ("operations", "partner_admin", "partner_viewer", "customer")

#: Pages, which are checked by every rule.
PAGES: dict[str, list[str]] = {
    "home.index": ["/"],
    "auth.login": ["/login"],
    "auth.forgot": ["/forgot"],
    "auth.forgot_sent": ["/forgot/sent"],
    "auth.invitation": ["/invitations/welcome"],
    "auth.confirm": ["/confirm"],
    "auth.password": ["/password"],
    "profile.show": ["/profile"],
    "profile.edit": ["/profile/edit"],
    "profile.email": ["/profile/email"],
    "accounts.index": ["/accounts", "/accounts?q=har&sort=-added", "/accounts?q=nobody"],
    "accounts.new": ["/accounts/new", "/accounts/new?partner={partner}"],
    "accounts.show": [
        "/accounts/{customer}", "/accounts/{partner}", "/accounts/{new_partner}",
        "/accounts/{operations}", "/accounts/{empty_customer}", "/accounts/{long_customer}",
    ],
    "accounts.edit": ["/accounts/{customer}/edit", "/accounts/{partner}/edit"],
    "branding.edit": ["/accounts/{partner}/brand", "/accounts/{new_partner}/brand"],
    "certificate_minimum.edit": ["/accounts/{partner}/certificate-minimum"],
    "equivalents.edit": ["/operations/equivalents"],
    "branding.reset": [
        "/accounts/{partner}/brand/reset/all",  # nothing to reset: leads back
        "/accounts/{new_partner}/brand/reset/all", "/accounts/{new_partner}/brand/reset/logo",
    ],
    "search.index": ["/search", "/search?q=har", "/search?q=nobody"],
    "users.index": ["/users", "/users?role=customer&sort=-email", "/users?q=nobody"],
    "users.new": ["/users/new", "/users/new?account={customer}"],
    "users.show": [
        "/users/{user}", "/users/{invited_user}", "/users/{expired_user}", "/users/{disabled_user}",
    ],
    "users.disable": ["/users/{user}/disable"],
    "notifications.choose": ["/notices"],
    "unsubscribe.show": ["/unsubscribe/{unsubscribe}", "/unsubscribe/{unsubscribed}"],
    "notifications.index": ["/operations/mails", "/operations/mails?q=nobody&state=failed"],
    "notifications.show": [
        "/operations/mails/{mail}", "/operations/mails/{queued_mail}",
        "/operations/mails/{failed_mail}",
    ],
    "guide.index": ["/guide"],
    "guide.show": [f"/guide/{chapter.slug}" for chapter in CHAPTERS],
    "status.index": ["/operations"],
    "failed_jobs.confirm_delete": ["/operations/jobs/{job}/delete"],
    "reconciliation.index": ["/reconciliation"],
    "audit.index": ["/audit", "/audit?q=nobody"],
    "servers.index": ["/servers", "/servers?health=unhealthy", "/servers?q=nobody"],
    "servers.new": ["/servers/new"],
    "servers.show": [
        "/servers/{server}", "/servers/{paused_server}", "/servers/{empty_server}",
        "/servers/{removed_server}", "/servers/{waiting_server}",
    ],
    "approvals.confirm": ["/servers/{waiting_server}/approve"],
    "server_changes.token": ["/servers/{server}/token"],
    "server_changes.rename": ["/servers/{server}/name"],
    "server_changes.remove": ["/servers/{server}/remove"],
    "customers.new": ["/servers/{server}/feeds/new?read=1", "/servers/{paused_server}/feeds/new"],
    "feeds.index": [
        "/feeds", "/feeds?page=2", "/feeds?server={server}&health=unhealthy", "/feeds?q=nobody",
        "/feeds?account={customer}", "/feeds?status=removed", "/feeds?q=donau",
    ],
    "feeds.show": [
        "/feeds/{feed}", "/feeds/{feed}?range=90", "/feeds/{unhealthy_feed}",
        "/feeds/{pending_feed}", "/feeds/{inactive_feed}", "/feeds/{removed_feed}",
        "/feeds/{paused_feed}", "/feeds/{long_feed}", "/feeds/{monthly_feed}",
    ],
    "saved_views.new": ["/views/feeds/new?health=unhealthy"],
    "saved_views.delete": ["/views/{view}/delete"],
    "feed_notes.new": ["/feeds/{feed}/notes/new"],
    "feed_notes.delete": ["/feeds/{feed}/notes/{note}/delete"],
    "feed_settings.read_by_hand": [
        "/feeds/{feed}/read-by-hand", "/feeds/{monthly_feed}/read-by-hand",
    ],
    "feeds.full_history": ["/feeds/{feed}/history", "/feeds/{pending_feed}/history"],
    "feed_changes.deactivate": ["/feeds/{feed}/deactivate"],
    "feed_changes.reactivate": ["/feeds/{inactive_feed}/reactivate"],
    "feed_changes.remove": ["/feeds/{feed}/remove"],
    "devices.index": [
        "/devices", "/devices?feed={feed}&sort=-life", "/devices?q=nobody",
        "/devices?status=attention", "/devices?status=missing&feed={monthly_feed}",
    ],
    "devices.show": [
        "/devices/{device}", "/devices/{fallen_device}", "/devices/{gone_device}",
        "/devices/{moved_device}", "/devices/{waiting_device}", "/devices/{unread_device}",
        "/devices/{silent_device}",
    ],
    "collections.index": ["/collections", "/collections?server={server}&state=failed"],
    "collections.show": [
        "/collections/{collection}", "/collections/{failed_collection}",
        "/collections/{running_collection}", "/collections/{queued_collection}",
        "/collections/{one_collection}", "/collections/{silent_collection}",
        "/collections/{late_collection}", "/collections/{collection}?outcome=unchanged",
        "/collections/{cancelled_collection}",
    ],
    "collections.cancel": ["/collections/{running_collection}/cancel"],
    "review.index": ["/review", "/review?state=resolved", "/review?state=all", "/review?q=nobody"],
    "review.show": [
        "/review/{limit_pages}", "/review/{near_lifetime_pages}", "/review/{physical_pages}",
        "/review/{first_count_pages}", "/review/{roll_over_pages}", "/review/{accepted_pages}",
        "/review/{adjusted_pages}", "/review/{reset_pages}", "/review/{rejected_pages}",
        "/review/{dropped_pages}", "/review/{withdrawn_pages}", "/review/{baseline_pages}",
    ],
    "certificates.index": [
        "/certificates", "/certificates?month=2026-09", "/certificates?q=nobody",
    ],
    "certificates.show": [
        "/certificates/{number}", "/certificates/{pending_render}", "/certificates/{late}",
    ],
    "business_review.show": [
        "/accounts/{partner}/business-review", "/accounts/{new_partner}/business-review",
        "/accounts/{partner}/business-review?period=2026-Q3",
    ],
    "sharing.year": ["/accounts/{customer}/years/2026", "/accounts/{empty_customer}/years/2026"],
    "sharing.edit": ["/accounts/{customer}/sharing", "/accounts/{empty_customer}/sharing"],
    "sharing.renew": ["/accounts/{customer}/badge/renew"],
    "public_certificates.show": ["/c/{public_id}", "/c/{unnamed}"],
}  # fmt: skip

#: Fragments: only their HTML is checked, everything else on the page that contains them.
PARTS: dict[str, list[str]] = {
    "accounts.regions": ["/accounts/regions?country=DE"],
    "customers.index": ["/servers/{server}/customers?q=ha"],
    "customers.suggest": ["/servers/{server}/accounts?q=ha"],
    "collections.progress": ["/collections/{running_collection}/progress"],
    "certificates.document": ["/certificates/{pending_render}/document"],
}

#: Pages of rq-dashboard. Its HTML is of a library: only its texts and requests are checked.
FOREIGN: dict[str, list[str]] = {
    "rq_dashboard.queues_overview": ["/operations/queues/"],
    "rq_dashboard.workers_overview": ["/operations/queues/0/view/workers"],
    "rq_dashboard.jobs_overview": [
        "/operations/queues/0/view/jobs/collection/failed/8/asc/1"
    ],
    "rq_dashboard.job_view": ["/operations/queues/0/view/job/{job}"],
}  # fmt: skip

#: Answers that are no HTML: files, and a link that works for one user alone.
NO_PAGES = {
    "profile.confirm_email",
    "static",
    "status.alive",
    "status.security_txt",
    "certificates.download",
    "business_review.document",
    "business_review.workbook",
    "brand_files.logo",
    "brand_files.stylesheet",
    "certificates.preview",
    "public_certificates.picture",
    "public_certificates.share_card",
    "badge.show",
    "badge.totals",
    "certificates.archive",
    "rq_dashboard.static",
    "rq_dashboard.favicon",
    "rq_dashboard.job_info",
    "rq_dashboard.list_jobs",
    "rq_dashboard.list_queues",
    "rq_dashboard.list_workers",
}

#: What a partner and a customer find before anything is there.
EMPTY: dict[str, list[str]] = {
    "new_partner": [
        "/", "/accounts", "/users", "/servers", "/feeds", "/devices", "/collections", "/review",
        "/certificates", "/reconciliation", "/accounts/{new_partner}",
    ],
    "new_customer": ["/", "/feeds", "/devices", "/certificates", "/accounts/{empty_customer}"],
}  # fmt: skip

#: Error pages: user, address and status.
REFUSALS: list[tuple[str, str, int]] = [
    ("nobody", "/invitations/too-late", 410),
    ("nobody", "/invitations/no-such-link", 404),
    ("nobody", "/c/no-such-certificate", 404),
    ("operations", "/no-such-page", 404),
    ("customer", "/accounts", 403),
    ("partner_admin", "/logout", 405),
    ("partner_admin", "/servers/{removed_server}/name", 409),
]

#: Forms that are sent empty, so that the page shows errors.
REFUSED_FORMS: list[tuple[str, str]] = [
    ("nobody", "/login"),
    ("nobody", "/invitations/welcome"),
    ("customer", "/confirm"),
    ("customer", "/password"),
    ("operations", "/accounts/new"),
    ("partner_admin", "/accounts/{customer}/edit"),
    ("partner_admin", "/users/new"),
    ("operations", "/servers/new"),
    ("partner_admin", "/servers/{server}/token"),
    ("partner_admin", "/servers/{server}/name"),
    ("partner_admin", "/review/{limit_pages}"),
]


def roles(endpoint: str) -> list[str]:
    """Return who may open an endpoint, in the order of how much they see."""
    may = WHO[f"{endpoint} GET"]
    return ["nobody"] if may is ANYBODY else [role for role in ROLES if role in may]
