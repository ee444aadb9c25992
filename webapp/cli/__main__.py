"""``python -m webapp.cli``: the same as ``releaf``, where it is not installed."""

from webapp.cli import main

main()
