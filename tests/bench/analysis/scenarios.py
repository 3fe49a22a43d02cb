"""The traffic that every rule is tried on, in four groups, and what each group is for."""

from tests.bench.analysis.streams import Scenario

HEALTHY = (
    Scenario("0.2/s 1 %", 0.2, 0.01),
    Scenario("5/s 0.1 %", 5),
    Scenario("5/s 1 %", 5, 0.01),
    Scenario("100/s no errors", 100, 0.0),
    Scenario("100/s 0.1 %", 100),
    Scenario("100/s 1 %", 100, 0.01),
    Scenario("2000/s 0.1 %", 2000),
    Scenario("100/s 0.1 % drifting", 100, drift=True),
    Scenario("100/s outage of both", 100, incident=(240, 420)),
)
"""The canary is just as good; errors are independent. What troubles both sides alike is here too."""

NOISY = (
    Scenario("5/s 1 % clumped", 5, 0.01, clump=5),
    Scenario("100/s 1 % clumped", 100, 0.01, clump=5),
    Scenario("100/s 1 % jitter 2 %", 100, 0.01, jitter=0.02),
    Scenario("2000/s 0.1 % jitter 3 %", 2000, jitter=0.03),
)
"""The canary is just as good, but errors come in bursts, or each side jitters by itself."""

HARMLESS = (
    Scenario("2000/s 0.02 % -> 0.04 %", 2000, 0.0002, ratio=2),
    Scenario("100/s 5 % -> 5.25 %", 100, 0.05, ratio=1.05),
    Scenario("100/s 5 % slower", 100, slower=1.05),
)
"""The canary is a little worse, so little that nobody wants to be troubled."""

BAD = (
    Scenario("0.2/s hard down", 0.2, added=1),
    Scenario("5/s hard down", 5, added=1),
    Scenario("100/s hard down", 100, added=1),
    Scenario("2000/s hard down", 2000, added=1),
    Scenario("100/s 0.1 % x20", 100, ratio=20),
    Scenario("2000/s 0.1 % x20", 2000, ratio=20),
    Scenario("5/s 0.1 % x20", 5, ratio=20),
    Scenario("100/s 0.1 % x5", 100, ratio=5),
    Scenario("100/s 1 % x5", 100, 0.01, ratio=5),
    Scenario("5/s 1 % x5", 5, 0.01, ratio=5),
    Scenario("100/s 1 % x2", 100, 0.01, ratio=2),
    Scenario("100/s 1 % x2 clumped", 100, 0.01, ratio=2, clump=5),
    Scenario("100/s 0 % +0.5 pp", 100, 0.0, added=0.005),
    Scenario("100/s 0.1 % +0.5 pp", 100, added=0.005),
    Scenario("100/s 1 % +0.5 pp", 100, 0.01, added=0.005),
    Scenario("100/s x5 drifting", 100, ratio=5, drift=True),
    Scenario("100/s bad from 4 min", 100, added=0.05, begins=240),
    Scenario("100/s leak", 100, grows=0.002),
    Scenario("5/s 20 % slower", 5, slower=1.2),
    Scenario("5/s half slower", 5, slower=1.5),
    Scenario("100/s 20 % slower", 100, slower=1.2),
    Scenario("100/s tail x2", 100, tail=2),
)
"""The canary is worse, and traffic has to come back."""

SMALL = (Scenario("100/s 0.1 % x2", 100, ratio=2),)
"""Worse, but at the floor below which nobody is to be troubled: shown, not counted."""
