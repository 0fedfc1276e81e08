"""Spreadsheets: reading those that strangers made, writing those that strangers open."""
