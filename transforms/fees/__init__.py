"""Fees: what the practice charges, where its fee schedule is handed in."""
