"""Examples of what phones send."""

PHONE = {"label": "李检的手机"}
ENROLMENT = {"code": "…"}  # as an admin was shown it
PIN = {"pin": "731905", "old_pin": "802714"}
PIN_TRIES = {
    "sent_at": "2026-03-15T09:12:30+08:00",
    "tries": [{
        "id": "019b76da-a800-7000-8040-000000000004", "badge_id": "019b76da-a800-7000-8040-000000000005", "key_no": 1,
        "at": "2026-03-15T09:11:02+08:00",
    }],
}  # fmt: skip
PHOTO = {
    "id": "019b76da-a800-7000-8040-000000000001", "size_bytes": 48213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "captured_at": "2026-03-15T09:10:00+08:00",
    "place": "冷库 2",
}  # fmt: skip
SYNC = {
    "sent_at": "2026-03-15T09:12:30+08:00", "phone": "019b76da-a800-7000-8040-000000000002",
    "entries": [
        {"entry": {
            "entry_id": "019b76da-a800-7000-8040-000000000003", "captured_at": "2026-03-15T09:10:00+08:00",
            "form_version_id": "019b76da-a800-7000-8030-000000000008",
            "place_id": "019b76da-a800-7000-8002-00000000002e", "values": {"weight": 1195},
        }},
    ],
}  # fmt: skip
RESOLUTION = {"resolution": "keep", "reason": "第一次录入与原始记录一致"}
HANDOVER = {
    "inspection_id": "019b76da-a800-7000-8030-00000000001a", "to_user_id": "019b76da-a800-7000-8002-000000000007",
    "remark": "我去冷库，请接着做",
}  # fmt: skip
