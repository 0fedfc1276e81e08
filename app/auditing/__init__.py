"""Reading the evidence, for those who may; every reading is itself evidence."""
