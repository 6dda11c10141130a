"""What this domain refuses, beyond input that is impossible in itself."""

from server.core.constraints import register
from server.core.errors import Conflict, Problem


class RuleNameTaken(Conflict):
    code = "code_rule_name_taken"


class CodeTaken(Conflict):
    """The text of a code exists already: of the same lot number, or of another rule."""

    code = "code_taken"


class OrderNotReady(Conflict):
    """Codes are still being minted; params: stored, count."""

    code = "code_order_not_ready"


class RangeOutsideOrder(Problem):
    status = 422
    code = "code_range_outside_order"


class RangeUpsideDown(Problem, ValueError):
    status = 422
    code = "code_range_upside_down"


class RangeOfOtherLot(Conflict):
    """Serials to be moved do not all belong to the lot they are moved from."""

    code = "code_range_of_other_lot"


class TooManyAtOnce(Problem):
    """More codes than one call changes; params: limit, count."""

    status = 422
    code = "code_range_too_large"


register({"code_rule_tenant_id_name_key": RuleNameTaken, "code_pkey": CodeTaken})
