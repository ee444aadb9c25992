"""Decode an upload in a process of its own, so that no image can stop the service."""

import logging
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock

from webapp.images import limits
from webapp.images.errors import ImageFault, InvalidImage

#: The exit code with which the process writes a reason instead of an image.
REFUSED = 3
COMMAND = [sys.executable, "-m", "webapp.images.child"]
#: At the limit of processor time, and by resvg when it cannot allocate memory.
_LIMIT_SIGNALS = frozenset({signal.SIGXCPU, signal.SIGKILL, signal.SIGABRT})
_ROOT = Path(__file__).parents[2]
#: One image at a time in each web process.
decoding = Lock()
#: One request decodes, others wait; more are refused at once, so that uploads cannot take all
#: threads of a web process.
slots = BoundedSemaphore(limits.UPLOADS)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """A sanitized PNG, and its size in pixels."""

    content: bytes
    width: int
    height: int


def sanitize_logo(upload: bytes) -> Picture:
    """Return a PNG of at most 640 by 200 pixels, without metadata.

    ``upload``: a PNG, JPEG, WebP or SVG. Takes at most 10 seconds. Raises InvalidImage.
    """
    if len(upload) > limits.LARGEST_FILE:
        raise InvalidImage(ImageFault.FILE_SIZE)
    if not slots.acquire(blocking=False):
        raise InvalidImage(ImageFault.BUSY)
    try:
        png = _decode_in_turn(upload)
    finally:
        slots.release()
    # The header of a PNG has the size at a fixed place.
    return Picture(png, int.from_bytes(png[16:20]), int.from_bytes(png[20:24]))


def _decode_in_turn(upload: bytes) -> bytes:
    if not decoding.acquire(timeout=limits.WAIT_SECONDS):
        raise InvalidImage(ImageFault.BUSY)
    try:
        return _decode(upload)
    finally:
        decoding.release()


def _decode(upload: bytes) -> bytes:
    """Return the PNG that the process writes. Raises InvalidImage."""
    try:
        ended = subprocess.run(
            COMMAND,
            input=upload,
            capture_output=True,
            timeout=limits.SECONDS,
            check=False,
            cwd=_ROOT,
            env={},  # none of the service's secrets
        )
    except subprocess.TimeoutExpired as error:
        _log.warning("Decoding an image took more than %s seconds", limits.SECONDS)
        raise InvalidImage(ImageFault.TOO_COMPLEX) from error
    if ended.returncode == REFUSED:
        raise InvalidImage(ImageFault(ended.stdout.decode()))
    if ended.returncode != 0:
        _log.warning("Decoding an image ended with %s: %r", ended.returncode, ended.stderr[-200:])
        at_limit = -ended.returncode in _LIMIT_SIGNALS
        raise InvalidImage(ImageFault.TOO_COMPLEX if at_limit else ImageFault.CRASHED)
    return ended.stdout
