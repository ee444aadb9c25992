"""Failed jobs on the system status page: requeue and delete, for operations."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp import queue_status
from webapp.db import db
from webapp.errors import NotFound
from webapp.extensions import current_settings
from webapp.queue_status import Failure
from webapp.views.shared import context
from webapp.views.shared.context import roles_required
from webapp.views.system.status import JOB_LABELS

blueprint = Blueprint("failed_jobs", __name__)


@blueprint.post("/operations/jobs/<job_id>/requeue")
@roles_required("operations")
def requeue(job_id: str) -> ResponseReturnValue:
    """Run a failed job again."""
    try:
        job = queue_status.failure(current_settings(), job_id)
        queue_status.requeue(current_settings(), job_id)
    except NotFound:
        return _already_handled()
    return _changed("requeue job", job, gettext("%(job)s: requeued.", job=_label(job)))


@blueprint.get("/operations/jobs/<job_id>/delete")
@roles_required("operations")
def confirm_delete(job_id: str) -> ResponseReturnValue:
    """Ask for confirmation before a failed job is deleted."""
    try:
        job = queue_status.failure(current_settings(), job_id)
    except NotFound:
        return _already_handled()
    return render_template("system/status/delete_job.html", job=job, label=_label(job))


@blueprint.post("/operations/jobs/<job_id>/delete")
@roles_required("operations")
def delete(job_id: str) -> ResponseReturnValue:
    """Delete a failed job."""
    try:
        job = queue_status.failure(current_settings(), job_id)
        queue_status.delete(current_settings(), job_id)
    except NotFound:
        return _already_handled()
    return _changed("delete job", job, gettext("%(job)s: deleted.", job=_label(job)))


def _already_handled() -> ResponseReturnValue:
    """Return to the status page of a job that another tab or user has handled."""
    flash(gettext("The job was already requeued or deleted."), "warning")
    return redirect(url_for("status.index", _anchor="failed-jobs"))


def _label(job: Failure) -> str:
    return str(JOB_LABELS.get(job.function, job.function))


def _changed(action: str, job: Failure, message: str) -> ResponseReturnValue:
    """Record a change after it was made, since Redis has no part in the transaction."""
    context.record_action("queue changed", f"{action} {job.id}", None)
    db.session.commit()
    flash(message, "success")
    return redirect(url_for("status.index", _anchor="failed-jobs"))
