"""Assets: documents use packaged files only; anything else is an error."""

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
from webapp.pdf.values import PdfError

#: The folders of stylesheets, ornaments and fonts, relative to the root.
FOLDERS = ("static/print", "static/vendor/fonts")
#: The URL of a document's logo, whose bytes are passed with it.
LOGO = "releaf:logo"
_MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}


def template(root: Path, name: str) -> Template:
    """Return a template of documents; undefined values are an error."""
    environment = Environment(
        loader=FileSystemLoader(root / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    i18n.use_in(environment)
    filters.add_filters(environment)
    return environment.get_template(f"print/{name}")


class PackagedAssets:
    """Fetches files of the given folders for WeasyPrint; anything else aborts the rendering.

    Exceptions other than FatalURLFetchingError would only be logged, and the document would lack
    its picture.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder.resolve() for folder in folders]

    def with_logo(self, png: bytes) -> Callable[[str], Any]:
        """Return the same assets with a logo for one document. Raises PdfError for an unreadable
        one.

        WeasyPrint would omit an unreadable picture and only log it.
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
    """Convert WeasyPrint's error for a missing asset to PdfError.

    It is a BaseException, which no ``except Exception`` of a job would catch.
    """
    try:
        yield
    except FatalURLFetchingError as error:
        raise PdfError(str(error)) from error
