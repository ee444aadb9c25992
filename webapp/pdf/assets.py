"""Assets: what documents are made of lies in the package; anything else is an error."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from PIL import Image
from weasyprint.urls import FatalURLFetchingError, URLFetcherResponse

from webapp import filters, i18n

#: Where documents take styles, ornaments and fonts from, seen from the root.
FOLDERS = ("static/print", "static/vendor/fonts")
#: The address of a document's own logo, whose bytes are handed over with it.
LOGO = "releaf:logo"
_MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


def template(root: Path, name: str) -> Template:
    """A template of documents; what it is not given is an error."""
    environment = Environment(
        loader=FileSystemLoader(root / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    i18n.use_in(environment)
    filters.add_filters(environment)
    return environment.get_template(f"print/{name}")


class PdfError(Exception):
    """The document could not be rendered; says why and what to do."""


class PackagedAssets:
    """Fetches files of the given folders for WeasyPrint; anything else ends the rendering.

    Any other exception than FatalURLFetchingError would only be logged, and the document would
    go out without its picture.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder.resolve() for folder in folders]

    def with_logo(self, png: bytes) -> Callable[[str], Any]:
        """The same assets, and a logo for one document. Raises PdfError when it is none.

        WeasyPrint would leave out a picture that it cannot read, and only log it.
        """
        try:
            with Image.open(BytesIO(png), formats=("PNG",)) as image:
                image.load()
        except (OSError, ValueError, SyntaxError) as error:
            raise PdfError(f"the logo of the document cannot be read ({error})") from error

        def fetch(url: str) -> Any:
            if url == LOGO:
                return URLFetcherResponse(url, png, {"Content-Type": "image/png"})
            return self(url)

        return fetch

    def __call__(self, url: str) -> Any:
        parts = urlsplit(url)
        path = Path(url2pathname(parts.path)).resolve()
        packaged = any(path.is_relative_to(folder) for folder in self._folders)
        if parts.scheme != "file" or parts.netloc or not packaged:
            raise FatalURLFetchingError(f"{url} is not one of the packaged assets")
        if path.suffix not in _MEDIA_TYPES:
            raise FatalURLFetchingError(f"{url} is of no kind that documents are made of")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FatalURLFetchingError(
                f"{path} cannot be read ({error.strerror}); make setup fetches the fonts"
            ) from error
        return URLFetcherResponse(url, content, {"Content-Type": _MEDIA_TYPES[path.suffix]})


@contextmanager
def as_pdf_error() -> Iterator[None]:
    """Turn WeasyPrint's word for an asset that is not to be had into PdfError.

    It is a BaseException, which no ``except Exception`` of a job would stop.
    """
    try:
        yield
    except FatalURLFetchingError as error:
        raise PdfError(str(error)) from error
