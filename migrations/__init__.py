"""Numbered changes of the schema; never edited after they landed."""
