"""What was measured, against which limits, by whom; and the signed act of release."""

from server.domains.quality.abnormal_samples import Abnormal, abnormal_samples, all_abnormal
from server.domains.quality.attachments import (
    Attachment,
    attach_to_lot,
    lot_attachments,
    read_attachment,
    read_picture,
    store_attachment,
    store_bytes,
)
from server.domains.quality.bulk import BulkOutcome, store_records
from server.domains.quality.bulk_rows import BulkError, BulkRecord, BulkResult
from server.domains.quality.chronology import Chronology, Step, Violation, check_chronology
from server.domains.quality.commands import (
    AddFiles,
    AskUrgent,
    AttachToLot,
    CharacteristicWords,
    DecideLots,
    DecideUrgent,
    FieldHints,
    FormUi,
    FormWords,
    NewCharacteristic,
    NewForm,
    NewFormVersion,
    NewRecord,
    NewSpecification,
    NewSpecificationVersion,
    RecordFilter,
)
from server.domains.quality.confirming import confirm_record
from server.domains.quality.correcting import correct_lot
from server.domains.quality.definitions import (
    add_form_version,
    add_specification_version,
    define_characteristic,
    define_form,
    define_specification,
)
from server.domains.quality.entries import Warned
from server.domains.quality.incoming import receive_delivery
from server.domains.quality.judging import Characteristic, check_result, load_characteristics
from server.domains.quality.later_files import add_files, record_files
from server.domains.quality.limits import Limits, LimitSet, WarningRange
from server.domains.quality.naming import word_characteristic, word_form
from server.domains.quality.problems import EntryConflict, FileRefused
from server.domains.quality.published import PublishedItem, published_items
from server.domains.quality.queries import (
    Row,
    get_record,
    list_characteristics,
    list_forms,
    list_records,
    list_specifications,
    lot_records,
    show_measurement,
)
from server.domains.quality.records import record_entry
from server.domains.quality.releasing.lifting import lift_hold
from server.domains.quality.releasing.points import Point
from server.domains.quality.releasing.review import Review, review_lots
from server.domains.quality.releasing.signing import decide_lots, lot_releases, reject_lots, release_lots
from server.domains.quality.releasing.standing import Standing, decisions_standing
from server.domains.quality.releasing.urgent import ask_urgent, decide_urgent, urgent_requests
from server.domains.quality.releasing.waiting import Waiting, count_waiting, waiting_lots
from server.domains.quality.replays import Stored
from server.domains.quality.retained import (
    DisposeRetained,
    Observation,
    RetainSample,
    UseRetained,
    dispose_sample,
    observations_due,
    observe_sample,
    retain_sample,
    sample,
    samples,
    use_sample,
)
from server.domains.quality.rollup import LotQuality, lot_quality, speaking_lots
from server.domains.quality.scrapping import scrap_lot
from server.domains.quality.versions import FormVersion, version_by_id, version_in_force
from server.domains.quality.wording import limit_text, result_text

__all__ = [
    "Abnormal",
    "AddFiles",
    "AskUrgent",
    "AttachToLot",
    "Attachment",
    "BulkError",
    "BulkOutcome",
    "BulkRecord",
    "BulkResult",
    "Characteristic",
    "CharacteristicWords",
    "Chronology",
    "DecideLots",
    "DecideUrgent",
    "DisposeRetained",
    "EntryConflict",
    "FieldHints",
    "FileRefused",
    "FormUi",
    "FormVersion",
    "FormWords",
    "LimitSet",
    "Limits",
    "LotQuality",
    "NewCharacteristic",
    "NewForm",
    "NewFormVersion",
    "NewRecord",
    "NewSpecification",
    "NewSpecificationVersion",
    "Observation",
    "Point",
    "PublishedItem",
    "RecordFilter",
    "RetainSample",
    "Review",
    "Row",
    "Standing",
    "Step",
    "Stored",
    "UseRetained",
    "Violation",
    "Waiting",
    "Warned",
    "WarningRange",
    "abnormal_samples",
    "add_files",
    "add_form_version",
    "add_specification_version",
    "all_abnormal",
    "ask_urgent",
    "attach_to_lot",
    "check_chronology",
    "check_result",
    "confirm_record",
    "correct_lot",
    "count_waiting",
    "decide_lots",
    "decide_urgent",
    "decisions_standing",
    "define_characteristic",
    "define_form",
    "define_specification",
    "dispose_sample",
    "get_record",
    "lift_hold",
    "limit_text",
    "list_characteristics",
    "list_forms",
    "list_records",
    "list_specifications",
    "load_characteristics",
    "lot_attachments",
    "lot_quality",
    "lot_records",
    "lot_releases",
    "observations_due",
    "observe_sample",
    "published_items",
    "read_attachment",
    "read_picture",
    "receive_delivery",
    "record_entry",
    "record_files",
    "reject_lots",
    "release_lots",
    "result_text",
    "retain_sample",
    "review_lots",
    "sample",
    "samples",
    "scrap_lot",
    "show_measurement",
    "speaking_lots",
    "store_attachment",
    "store_bytes",
    "store_records",
    "urgent_requests",
    "use_sample",
    "version_by_id",
    "version_in_force",
    "waiting_lots",
    "word_characteristic",
    "word_form",
]
