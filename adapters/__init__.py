"""Roads to the National Population Database: one folder per upstream profile, joined in `choose`."""
