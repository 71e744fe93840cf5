"""Acknowledgements: TA1, 999 and 277CA written from faults of conformance, and read back."""
