"""The road over the national exchange platform (VDXP/NDXP): SOAP, signed with Basic over SHA-256."""
