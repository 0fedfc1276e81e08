"""Which unit handles which procedure on which days, by which document."""
