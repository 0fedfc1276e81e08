"""Opening a SOAP 1.1 request without trusting it: no DTD, no entities, no network."""

from collections.abc import Iterator

from lxml import etree

SOAP_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"
REQUEST_NAMESPACE = "http://dancuquocgia.bca"
LARGEST_REQUEST_BYTES = 64 * 1024


class BadRequestError(Exception):
    """The request is not what the operation takes; the text never repeats what was sent as a value."""


def open_body(content: bytes) -> etree._Element:
    """Return the one element in the SOAP body, which is in the request namespace."""
    root = _parse(content)
    if root.tag != f"{{{SOAP_NAMESPACE}}}Envelope":
        raise BadRequestError("not a SOAP 1.1 envelope")
    bodies = root.findall(f"{{{SOAP_NAMESPACE}}}Body")
    children = list(elements(bodies[0])) if len(bodies) == 1 else []
    if len(children) != 1:
        raise BadRequestError("the envelope must have one Body with one element")
    local_name(children[0])
    return children[0]


def elements(parent: etree._Element) -> Iterator[etree._Element]:
    """Yield the child elements, passing over comments and processing instructions."""
    return parent.iterchildren("*")


def local_name(element: etree._Element) -> str:
    """Return the name of an element of the request namespace; any other namespace is refused."""
    name = etree.QName(element)
    if name.namespace != REQUEST_NAMESPACE:
        raise BadRequestError("an element of the request is in the wrong namespace")
    return name.localname


def _parse(content: bytes) -> etree._Element:
    if len(content) > LARGEST_REQUEST_BYTES:
        raise BadRequestError("the request is too large")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        # "from None": the parser's message may quote the request.
        raise BadRequestError("the request is not well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadRequestError("a DTD is not accepted")
    return root
