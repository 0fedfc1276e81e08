"""Roads to the National Population Database: one folder per road, joined in `choose`."""
