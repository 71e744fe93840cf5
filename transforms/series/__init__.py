"""Stacks, series and sets: films reported one by one, as a series, or both."""
