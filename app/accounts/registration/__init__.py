"""Registering officers from the official list form (Công văn 159 of Đồng Nai): reading, judging, planning."""
