"""Periapical films: D0220 once a date, D0230 for every further one."""
