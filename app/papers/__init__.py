"""Papers that people hold and sign: PDF in Vietnamese, the same bytes for the same facts."""
