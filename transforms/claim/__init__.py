"""The claim as such: totals, quantities, dates and places of segments."""
