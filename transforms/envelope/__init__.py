"""The envelope: transactions that are not dental claims, that are not closed, or whose count is wrong."""
