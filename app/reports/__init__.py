"""Figures of use, counted from the log: how many, never who was looked up."""
