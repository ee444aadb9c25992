"""Notes on a feed."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, TextAreaField
from wtforms.validators import DataRequired, Optional

from webapp import clock
from webapp.db import db
from webapp.errors import Invalid
from webapp.queries import access
from webapp.queries import feed_notes as queries
from webapp.services.feeds import notes
from webapp.views.shared import context, forms
from webapp.views.shared.context import CHANGERS, roles_required

blueprint = Blueprint("feed_notes", __name__)


class NoteForm(forms.Form):
    """A note, and until when the feed is snoozed."""

    text = TextAreaField(
        _l("Note"),
        [DataRequired(_l("Enter a note."))],
        description=_l("Your colleagues see it. The customer does not."),
    )
    snoozed_until = DateField(
        _l("Snooze until"),
        [Optional()],
        description=_l("Until the end of this day, the feed is not listed on the home page."),
    )


@blueprint.route("/feeds/<int:feed_id>/notes/new", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def new(feed_id: int) -> ResponseReturnValue:
    """Add a note to a feed, and snooze the feed."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    form = NoteForm()
    if form.validate_on_submit():
        now = clock.now()
        try:
            notes.add(
                db.session(),
                feed,
                user_id=context.user().id,
                text=form.text.data,
                snoozed_until=form.snoozed_until.data,
                today=now.astimezone(feed.account.zone).date(),
                now=now,
            )
        except Invalid as error:
            db.session.rollback()
            forms.refuse(form, error)
        else:
            context.record_action("feed note added", feed.customer_name, feed.account)
            db.session.commit()
            flash(gettext("The note has been added."), "success")
            return redirect(url_for("feeds.show", feed_id=feed_id))
    return forms.page("console/feeds/note.html", form, feed=feed)


@blueprint.route("/feeds/<int:feed_id>/notes/<int:note_id>/delete", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def delete(feed_id: int, note_id: int) -> ResponseReturnValue:
    """Delete a note, after confirmation."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    note = queries.get(db.session(), feed.id, note_id)
    form = forms.ConfirmForm()
    if form.validate_on_submit():
        notes.delete(db.session(), note)
        context.record_action("feed note deleted", feed.customer_name, feed.account)
        db.session.commit()
        flash(gettext("The note has been deleted."), "success")
        return redirect(url_for("feeds.show", feed_id=feed_id))
    return render_template("console/feeds/delete_note.html", feed=feed, note=note)
