"""Agencies and the codes under which they issue dossiers."""
