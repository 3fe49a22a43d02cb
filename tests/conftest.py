"""What holds for every test."""

from hypothesis import HealthCheck, settings

# How long an example takes, or its making, says how busy the machine is: no test of this project is about that.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("any machine")
