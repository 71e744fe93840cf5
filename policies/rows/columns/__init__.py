"""Claim payments of a block as typed columns, many at once. See README.md."""
