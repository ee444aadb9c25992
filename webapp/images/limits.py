"""Limits of uploaded images, and of the process that decodes them."""

from typing import Final

#: The largest upload, in bytes.
LARGEST_FILE: Final = 512 * 1024
#: The largest raster image that is accepted, in pixels per side.
LARGEST_SIDE: Final = 1_600
#: How many times longer than the other a side can be, without transparent margins.
LARGEST_RATIO: Final = 20
#: The most levels of nested elements of an SVG. resvg crashes at some 300.
LARGEST_DEPTH: Final = 100
#: The largest stored size, in pixels.
WIDTH: Final = 640
HEIGHT: Final = 200

#: An ordinary logo takes 0.3 s and 150 MiB of address space, with the start of the process.
CPU_SECONDS: Final = 2
MEMORY_MIB: Final = 512
#: Of wall-clock time, for a machine with other work.
SECONDS: Final = 5
#: How long a request waits, in seconds, while this process decodes the image of another request.
WAIT_SECONDS: Final = 5
#: How many requests of a process may decode or wait: the previews of a form that is being filled
#: in, and its upload. Half of the threads are left for other pages.
UPLOADS: Final = 4
