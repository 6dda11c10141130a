"""Plant two: a dairy made up for the demo, from the farms to the shops, with lots in every state one should see.

Firms and people are invented; limits marked 示例 are examples, to be confirmed before anybody relies on them.
"""

from workers.seed.dairy.day import make_day
from workers.seed.dairy.house import Dairy
from workers.seed.dairy.story import Example, make_dairy

__all__ = ["Dairy", "Example", "make_dairy", "make_day"]
