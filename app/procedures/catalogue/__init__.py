"""The procedure catalogue as clerks keep it: files, entries with their days, changes on record."""
