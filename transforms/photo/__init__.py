"""Photographs: beside an evaluation, in the place of a radiograph, at every visit."""
