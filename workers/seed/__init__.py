"""What a first `make demo` is filled with: a pharmaceutical plant of real data, a dairy and a maker of circuit
boards made up here.

Everything goes through the services of the domains, as the people of these plants would do it.
"""

from workers.seed.demo import DemoInfo, seed

__all__ = ["DemoInfo", "seed"]
