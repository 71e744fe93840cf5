"""Invented months of claims and remittances, with the truth about them."""
