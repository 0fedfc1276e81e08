"""The road over an LGSP that speaks JSON: flat questions, yes or no, or SOAP wrapped in a text."""
