"""Remittances (835, 005010X221A1) as views: payments, claim payments, service lines, and whether they add up."""
