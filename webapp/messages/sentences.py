"""The sentences of codes, and advice at the end of several."""

from collections.abc import Mapping

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

#: Advice at the end of several sentences.
ADVICE = {
    "later": lazy_gettext("Nothing was counted; it is retried automatically."),
    "wrong": lazy_gettext(
        "Check the address of Printerpoint. If it is correct, contact Printerpoint support."
    ),
}

#: The sentences of codes.
SENTENCES: Mapping[str, LazyString | str] = {
    # Printerpoint cannot be read.
    "token_refused": lazy_gettext(
        "Printerpoint rejected the API token (status %(status)s). Copy it again from "
        "Printerpoint, My Account > Account Settings > API Access, or create a new one there, "
        "and enter it for this server."
    ),
    "rate_limited": lazy_gettext("Printerpoint received too many requests (status 429). %(later)s"),
    "server_error": lazy_gettext(
        "Printerpoint returned a server error (status %(status)s). %(later)s If the error "
        "persists, contact Printerpoint support."
    ),
    "redirected": lazy_gettext(
        "Printerpoint redirects to another address, which would receive the API token; the "
        "redirect was not followed (status %(status)s). %(wrong)s"
    ),
    "address_not_found": lazy_gettext(
        "Printerpoint did not find the requested address (status %(status)s). %(wrong)s"
    ),
    "unexpected_status": lazy_gettext(
        "Printerpoint returned an unexpected status (%(status)s). %(wrong)s"
    ),
    "host_not_found": lazy_gettext(
        "The host %(host)s was not found. The service has no internet connection, or the address "
        "in its settings is wrong."
    ),
    "insecure_connection": lazy_gettext(
        "The connection to %(host)s is not secure: its certificate or encryption cannot be "
        "trusted. A proxy may be between the service and Printerpoint, or the service’s clock is "
        "wrong."
    ),
    "connection_failed": lazy_gettext(
        "Could not connect to %(host)s. Printerpoint may be down, or the service has no internet "
        "connection. %(later)s"
    ),
    "connection_lost": lazy_gettext("The connection to Printerpoint was interrupted. %(later)s"),
    "not_http": lazy_gettext("%(host)s did not return a valid HTTP response. %(wrong)s"),
    "unreachable": lazy_gettext("Printerpoint cannot be reached. %(later)s"),
    "timeout": lazy_gettext("Printerpoint did not respond in time. %(later)s"),
    "fleet_timeout": lazy_gettext(
        "Printerpoint took too long to send the list of printers. Nothing was counted; it is "
        "retried automatically."
    ),
    "unknown_encoding": lazy_gettext("Printerpoint’s response has an unknown encoding. %(wrong)s"),
    "damaged": lazy_gettext("Printerpoint’s response is damaged. %(wrong)s"),
    "too_large": lazy_gettext(
        "Printerpoint’s response is larger than %(value)s MB per page, too large for a list of "
        "printers. %(wrong)s"
    ),
    "truncated": lazy_gettext("Printerpoint’s response is incomplete. %(wrong)s"),
    # Its answer is not what was expected.
    "malformed": lazy_gettext(
        "Printerpoint’s response is not valid. %(what)s. Nothing was counted. Try again later; if "
        "the error persists, contact Printerpoint support."
    ),
    "malformed.circular_pages": lazy_gettext("Its pages link to each other in a loop"),
    "malformed.too_many_pages": lazy_gettext("It has more than %(max_pages)s pages"),
    "malformed.too_many_printers": lazy_gettext("It has more than %(max_printers)s printers"),
    "malformed.repeats_token": lazy_gettext("It repeats the API token in an address"),
    "malformed.other_host": lazy_gettext(
        "Its link to the next page has another host, which would receive the API token"
    ),
    "malformed.body": lazy_gettext("It is %(error)s"),
    "body.no_object": lazy_gettext("JSON, but not an object with results"),
    "body.too_deep": lazy_gettext("nested too deeply"),
    "body.no_results": lazy_gettext("an object without results"),
    "body.results_no_list": lazy_gettext("an object whose results are not a list"),
    "body.links_unreadable": lazy_gettext("an object whose links cannot be read"),
    "body.not_utf8": lazy_gettext("text in another character set than UTF-8"),
    "body.empty": lazy_gettext("empty"),
    "body.html": lazy_gettext("a web page instead of data"),
    "body.truncated": lazy_gettext("cut off in the middle"),
    "body.not_json": lazy_gettext("not JSON"),
    # A row cannot be counted.
    "no_customer": lazy_gettext("The row has no customer name"),
    "row_no_object": lazy_gettext("The row is not an object"),
    "last_seen_invalid": lazy_gettext("The last-seen is not a date and time"),
    "counters_invalid": lazy_gettext("The counters are neither an object nor a list"),
    "counters_unreadable": lazy_gettext("The counters cannot be read"),
    "counter_contradicted": lazy_gettext("%(name)s is sent twice, with two values"),
    "counter_invalid": lazy_gettext("%(name)s %(bad)s"),
    "no_page_counter": lazy_gettext("The row has no page meter"),
    "field_invalid": lazy_gettext("The %(what)s %(bad)s"),
    "field.customer_name": lazy_gettext("customer name"),
    "field.customer_id": lazy_gettext("customer ID"),
    "field.asset_id": lazy_gettext("asset ID"),
    "field.serial_number": lazy_gettext("serial number"),
    "value.unreadable": lazy_gettext("cannot be read"),
    "value.too_long": lazy_gettext("is longer than %(longest_text)s characters"),
    "value.not_text": lazy_gettext("is not text"),
    "value.not_a_moment": lazy_gettext("is not a date and time"),
    "value.not_a_number": lazy_gettext("is not a number"),
    "value.not_whole": lazy_gettext("is not a whole number"),
    "value.negative": lazy_gettext("is negative"),
    "value.too_large": lazy_gettext("is too large"),
    "value.other_unit": lazy_gettext("is in another unit"),
    "no_identity": lazy_gettext("The row has neither an asset ID nor a serial number"),
    "listed_several_times": lazy_gettext("%(times)s rows have this asset ID and serial number"),
    "incomplete": lazy_gettext(
        "A meter that was reported before is missing or has an invalid value; the reading is "
        "ignored"
    ),
    "does_not_continue": lazy_gettext(
        "No serial number, and the meter does not continue from the last reading of the printer "
        "with this asset ID"
    ),
    "device_error": lazy_gettext("The printer could not be counted: %(name)s"),
    # Results of a collection.
    "rows_not_counted": lazy_gettext("Rows not counted: %(count)s (%(first)s)"),
    "empty_fleet": lazy_gettext(
        "Printerpoint returned no printers, although there were some before. Nothing was counted "
        "and the health of feeds is unchanged; it is read again within an hour. Check in "
        "Printerpoint that the token still belongs to the right company."
    ),
    "feed_error": lazy_gettext("%(name)s: see the failed job in the queue"),
    "collection_error": lazy_gettext("Unexpected error (%(name)s)"),
    "error": "%(error)s",
    "unreadable_token": lazy_gettext(
        "The stored token can no longer be decrypted. Enter the token again."
    ),
    "expired": lazy_gettext(
        "No worker started it within a day; later nightly runs collect its pages"
    ),
    "superseded": lazy_gettext("Not finished; the nightly run for %(day)s collects its pages"),
    "server_removed": lazy_gettext("The server was removed"),
    "awaiting_approval": lazy_gettext(
        "This server is awaiting approval by Releaf. No pages are counted until then."
    ),
    "same_fleet": lazy_gettext(
        "This server has the same printers as your server “%(name)s”. No pages are counted until "
        "one of the two is removed or Releaf approves this one."
    ),
    # Changes of health.
    "server_answered": lazy_gettext("Printerpoint is reachable again"),
    "first_data": lazy_gettext("First data arrived"),
    "data_without_pages": lazy_gettext("New data arrived; no pages were printed in the meantime"),
    "marked_read_by_hand": lazy_gettext("Marked as read by hand, every %(days)s days"),
    "reading_overdue": lazy_gettext(
        "No new data since %(last)s; a reading by hand is expected every %(days)s days"
    ),
    "reactivated": lazy_gettext("Reactivated; awaiting its first reading"),
    # Warnings of the reconciliation.
    "serial_metered_twice": lazy_gettext(
        "Serial number %(serial)s is on %(times)s devices. If they are one printer, its pages are "
        "counted twice."
    ),
    "near_lifetime": lazy_gettext(
        "%(pages)s pages were counted on %(day)s at a meter reading of %(count)s. They may be the "
        "lifetime count instead of newly printed pages."
    ),
    "before_feed": lazy_gettext(
        "Pages are counted for %(day)s, but the feed was created on %(created)s."
    ),
    "several_customers": lazy_gettext(
        "%(times)s Printerpoint customers are connected to %(name)s. Its certificates include the "
        "pages of all of them."
    ),
    # Why a recount differs.
    "recount_held": lazy_gettext("%(pages)s pages up to a meter reading of %(top)s need review"),
    "recount_baseline": lazy_gettext(
        "%(pages)s pages up to a meter reading of %(top)s are a lifetime count; counting starts "
        "there"
    ),
    "recount_taken_back": lazy_gettext("later readings canceled these pages"),
    "recount_before_feed": lazy_gettext(
        "pages printed before the feed was created on %(created)s are not counted"
    ),
    "recount_counted": lazy_gettext("these pages are counted"),
    "recount_less": lazy_gettext("some of these pages were already counted, or were not printed"),
    "recount_other_listing": lazy_gettext(
        "the printer is listed more than once; its pages are counted once"
    ),
    "recount_not_printed": lazy_gettext("the meter was reset or changed; no pages were printed"),
    "recount_decided": lazy_gettext(
        "pages of this printer in an open month were reviewed by a user; not changed"
    ),
    "recount_unclear": lazy_gettext(
        "pages of this printer are counted from a day without a stored reading; not changed"
    ),
    # Why a month cannot close yet.
    "month_in_grace": lazy_gettext(
        "%(month)s of %(account)s closes on %(date)s at %(time)s (%(zone)s)"
    ),
    "month_awaits_approval": lazy_gettext(
        "%(month)s of %(account)s waits for the approval of server %(server)s (id %(id)s)"
    ),
    "month_awaits_night": lazy_gettext(
        "%(month)s of %(account)s waits for the night of %(date)s of server %(server)s "
        "(id %(id)s); collect it first"
    ),
    # Why an email was not sent. Without what was sent.
    "mail_server_unreachable": lazy_gettext("The mail server cannot be reached (%(error)s)."),
    "mail_server_timeout": lazy_gettext("The mail server did not respond in time."),
    "mail_server_untrusted": lazy_gettext(
        "The certificate or the encryption of the mail server cannot be trusted."
    ),
    "mail_refused": lazy_gettext("The mail server responded: %(response)s."),
    "mail_failed": lazy_gettext("Sending failed: %(error)s."),
    "recipient_refused": lazy_gettext("The mail server refuses the recipient: %(response)s."),
    "address_invalid": lazy_gettext("The email address is not valid."),
    "mailbox_not_writable": lazy_gettext("The folder %(folder)s cannot be written (%(error)s)."),
    "user_cannot_log_in": lazy_gettext("The user cannot log in."),
    # Details in the audit trail.
    "read_by_hand": lazy_gettext("Read by hand, every %(days)s days"),
    "read_nightly": lazy_gettext("Read every night"),
    "unknown_email": lazy_gettext("no user has this email"),
    "new_link": lazy_gettext("a new link"),
    "pause_counted": lazy_gettext("counted"),
    "pause_not_counted": lazy_gettext("not counted"),
    "new_address": lazy_gettext("a new address"),
    "account_name": lazy_gettext("the name of the account"),
    "default_color": lazy_gettext("the default color"),
}
