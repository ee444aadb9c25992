"""The Printerpoint sandbox: the documented API over real HTTP, for tests and the demo.

``with Sandbox() as printerpoint`` in a test, ``python -m webapp.printerpoint.sandbox`` on the
command line, ``remote.run_command`` to control one in another process. It does not start with
production settings.
"""

from webapp.printerpoint.sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]
