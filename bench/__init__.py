"""Measures the lookup beside a bare pass-through and a bare nginx, in one run (`make bench`)."""
