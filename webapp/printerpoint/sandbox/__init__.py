"""The Printerpoint sandbox: the documented API over real HTTP, for tests and the demo.

``with Sandbox() as printerpoint`` in a test, ``python -m webapp.printerpoint.sandbox`` for people,
``Remote`` to steer one that runs in another process. Never started in production settings.
"""

from webapp.printerpoint.sandbox.remote import Remote
from webapp.printerpoint.sandbox.sandbox import Sandbox

__all__ = ["Remote", "Sandbox"]
