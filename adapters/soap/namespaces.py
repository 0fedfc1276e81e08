"""The XML namespaces of the national side's language."""

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
QLDC = "http://dancuquocgia.bca"
DANCU = "http://www.mic.gov.vn/dancu/1.0"
