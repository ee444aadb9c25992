"""``python -m webapp.cli``: the same as ``releaf``."""

from webapp.cli import main

main()
