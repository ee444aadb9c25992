"""Pictures of documents: their first page as PNG, for pages that show no PDF."""

from io import BytesIO
from threading import Lock

import pypdfium2

#: What social networks and previews show well.
WIDTH = 1200
#: A page of US Letter in landscape of that width.
HEIGHT = 928
#: PDFium is not thread-safe.
_PDFIUM = Lock()


def picture(pdf: bytes) -> bytes:
    """Return the first page of a document as PNG, 1200 pixels wide."""
    with _PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            page = document[0]
            bitmap = page.render(scale=WIDTH / page.get_width())
            image = bitmap.to_pil().quantize(128)
        finally:
            document.close()
    file = BytesIO()
    image.save(file, "PNG", optimize=False)
    return file.getvalue()
