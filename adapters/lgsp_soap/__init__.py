"""The road over a provincial integration platform (LGSP) with SOAP 1.1, as first run in Hậu Giang."""
