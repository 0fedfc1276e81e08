"""The lookup's story: ask, decide, record, fetch, narrow, record, disclose."""
