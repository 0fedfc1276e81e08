"""Reading activation codes off the PDF of slips, as an officer does."""

import re

import pypdfium2

_CODE = re.compile(r"\b[2-9A-HJKMNP-Z]{6}-[2-9A-HJKMNP-Z]{6}-[2-9A-HJKMNP-Z]{6}\b")


def codes_on(pdf: bytes) -> list[str]:
    """Return the codes that stand on the pages, in their order."""
    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    return _CODE.findall(text)
