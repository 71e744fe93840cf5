"""Hypothesis profiles: `quick`, the same few examples in every run; `fuzz`, many and new ones for `make fuzz`."""

from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("fuzz", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quick")
