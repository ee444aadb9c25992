"""Settings of a feed: whether its printers are read by hand, and how often."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField
from wtforms.validators import Optional

from webapp import clock
from webapp.db import db
from webapp.errors import Invalid
from webapp.models import Feed
from webapp.queries import access
from webapp.services.feeds import read_intervals
from webapp.views.shared import context, forms
from webapp.views.shared.context import CHANGERS, roles_required

blueprint = Blueprint("feed_settings", __name__)

#: The default of the form for a feed that is read nightly.
_USUAL_INTERVAL = 30


class DaysField(IntegerField):
    """A whole number of days."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the input; our own message for anything but a whole number."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(gettext("Enter a whole number of days.")) from error


class ReadByHandForm(forms.Form):
    """Whether a feed is read by hand, and at which interval."""

    is_read_by_hand = BooleanField(
        _l("The printers are read by hand"),
        description=_l(
            "For customers without a data collection agent (DCA) that reports every night, whose "
            "meters are read every few weeks."
        ),
    )
    read_by_hand = DaysField(
        _l("Days between readings"),
        [Optional()],
        description=_l(
            "From 2 to 92. The feed becomes unhealthy 3 business days after a reading was due. How "
            "pages are counted does not change."
        ),
    )


@blueprint.route("/feeds/<int:feed_id>/read-by-hand", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def read_by_hand(feed_id: int) -> ResponseReturnValue:
    """Mark a feed as read by hand, with the days between two readings, or as read nightly."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    interval = feed.read_interval_days
    form = ReadByHandForm(
        is_read_by_hand=interval is not None, read_by_hand=interval or _USUAL_INTERVAL
    )
    if form.validate_on_submit():
        try:
            _save(feed, form)
        except Invalid as error:
            forms.refuse(form, error)
        else:
            return redirect(url_for("feeds.show", feed_id=feed_id))
    return forms.page("console/feeds/read_by_hand.html", form, feed=feed)


def _save(feed: Feed, form: ReadByHandForm) -> None:
    days = form.read_by_hand.data if form.is_read_by_hand.data else None
    if form.is_read_by_hand.data and days is None:
        raise Invalid("read_by_hand", gettext("Enter the days between readings, from 2 to 92."))
    before = read_intervals.schedule(feed.read_interval_days)
    is_changed = read_intervals.set_interval(db.session(), feed, days, clock.now())
    if is_changed:
        to = read_intervals.schedule(days)
        context.record_action(
            "feed changed", feed.customer_name, feed.server.account, before=before, to=to
        )
    db.session.commit()
    name = feed.customer_name
    if not is_changed:
        text = gettext("Nothing was changed.")
    elif days is None:
        text = gettext("%(name)s is read every night.", name=name)
    else:
        text = gettext(
            "%(name)s is read by hand; a reading is expected every %(days)s days.",
            name=name,
            days=days,
        )
    flash(text, "success")
