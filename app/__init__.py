"""Residence-lookup gateway between one-stop software and the National Population Database."""
