"""What failed, whose it is, what becomes of it, and what no signature allows."""

from server.domains.quality.nonconformity.carrying import carry_out, verify_disposition
from server.domains.quality.nonconformity.closing import close_nonconformity
from server.domains.quality.nonconformity.commands import (
    AddEvidence,
    CarryOut,
    CloseNonconformity,
    GaugeRule,
    NewDisposition,
    NewNonconformity,
    ReverseDisposition,
    ReviewRule,
    SignDisposition,
    WithdrawDisposition,
)  # fmt: skip
from server.domains.quality.nonconformity.gauges import (
    Affected,
    affected_by,
    affected_results,
    gauge_rule,
    gauges_of,
    set_gauge_rule,
)  # fmt: skip
from server.domains.quality.nonconformity.law import ReleaseBar, legally_barred, not_reinspected, release_bars
from server.domains.quality.nonconformity.opening import Opened, add_evidence, open_nonconformity
from server.domains.quality.nonconformity.queries import (
    Concession,
    NonconformityFilter,
    OpenNonconformity,
    Row,
    concessions_in_force,
    get_nonconformity,
    list_nonconformities,
    nonconformities_open,
)  # fmt: skip
from server.domains.quality.nonconformity.reversing import reverse_disposition, take_back
from server.domains.quality.nonconformity.review import (
    add_signature,
    propose_disposition,
    review_rules,
    set_review_rule,
    sign_disposition,
    withdraw_disposition,
)  # fmt: skip
from server.domains.quality.nonconformity.rules import Needed

__all__ = [
    "AddEvidence", "Affected", "CarryOut", "CloseNonconformity", "Concession", "GaugeRule", "Needed", "NewDisposition",
    "NewNonconformity", "NonconformityFilter", "OpenNonconformity", "Opened", "ReleaseBar", "ReverseDisposition", "ReviewRule", "Row", "SignDisposition",
    "WithdrawDisposition", "add_evidence", "add_signature", "affected_by", "affected_results", "carry_out",
    "close_nonconformity", "concessions_in_force", "gauge_rule", "gauges_of", "get_nonconformity", "legally_barred",
    "list_nonconformities", "nonconformities_open", "not_reinspected", "open_nonconformity", "propose_disposition",
    "release_bars", "reverse_disposition", "review_rules", "set_gauge_rule", "set_review_rule", "sign_disposition", "take_back", "verify_disposition",
    "withdraw_disposition",
]  # fmt: skip
