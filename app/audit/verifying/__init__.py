"""Checking an export of the evidence offline: the standard library and `cryptography`, nothing else.

`app.auditing.bundling` makes one file of these modules for whoever has nothing of ours.
"""
