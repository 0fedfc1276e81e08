"""`python -m app` is `dancu`."""

from app.cli import main

main()
