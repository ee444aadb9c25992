"""The process that decodes an upload: ``python -m webapp.images.child < upload > logo.png``.

It exits with 0 and writes a PNG, or with ``REFUSED`` and writes a reason. The kernel ends it at
its limits.
"""

import resource
import sys

from webapp.images import limits, raster, svg
from webapp.images.errors import ImageFault, InvalidImage
from webapp.images.logo import REFUSED


def main() -> int:
    """Decode the upload on standard input."""
    _limit_resources()
    upload = sys.stdin.buffer.read()
    try:
        png = raster.encode(svg.rasterize(upload) if svg.is_markup(upload) else upload)
    except InvalidImage as error:
        sys.stdout.write(error.reason)
        return REFUSED
    except MemoryError:
        sys.stdout.write(ImageFault.TOO_COMPLEX)
        return REFUSED
    sys.stdout.buffer.write(png)
    return 0


def _limit_resources() -> None:
    memory = limits.MEMORY_MIB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_CPU, (limits.CPU_SECONDS, limits.CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
