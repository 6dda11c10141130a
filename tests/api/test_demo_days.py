"""Promise: the demo's days hold what they tell: the dairy's from two tankers at dawn to nine shipments with their papers by
three, the board maker's from a thousand sheets to a board whose controller was replaced; each entry at its own time but for
one; and nothing of how they were told is left."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from server.core.clock import EDGE, now
from tests.fixtures.demo import Demo, seeded_demo

pytestmark = pytest.mark.xdist_group("seeded")  # one seeding


class Days:
    """The seeded demo, asked by SQL as the superuser and over HTTP as a person."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.seeded_on = now().astimezone(EDGE).date()

    def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        async def fetch() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.demo.superuser_dsn)
            try:
                return [dict(row) for row in await connection.fetch(sql, *args)]
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def of(self, name: str, sql: str) -> list[dict[str, Any]]:
        """Rows of the enterprise whose name contains this; $1 is its id."""
        (tenant,) = self.rows("SELECT id FROM tenant WHERE name LIKE '%' || $1 || '%'", name)
        return self.rows(sql, tenant["id"])


@pytest.fixture(scope="module")
def days(seeded_home: Path) -> Iterator[Days]:
    with seeded_demo(seeded_home) as demo:
        yield Days(demo)


@pytest.fixture(scope="module")
def dairy_day(days: Days) -> datetime:
    """Midnight of the day that is told: the day before the seeding."""
    (first,) = days.of("乳业", "SELECT min(at) AS at FROM handover WHERE tenant_id = $1")
    day = first["at"].astimezone(EDGE).date()
    assert day in (
        days.seeded_on - timedelta(days=1),
        days.seeded_on - timedelta(days=2),
    )  # midnight may pass meanwhile
    return datetime.combine(day, time.min, EDGE)


def clock(moment: datetime) -> str:
    return f"{moment.astimezone(EDGE):%H:%M}"


def test_how_it_was_told_leaves_nothing_in_the_schema(days: Days) -> None:
    assert days.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'story'") == []
    defaults = days.rows(
        "SELECT pg_get_expr(adbin, adrelid) AS said, count(*) FROM pg_attrdef WHERE pg_get_expr(adbin, adrelid) LIKE '%now()%' GROUP BY 1"
    )
    assert [row["said"] for row in defaults] == ["now()"]


def test_every_entry_names_the_seed_and_each_plants_trail_says_that_its_past_was_told(days: Days) -> None:
    told = days.rows("SELECT at, actor_kind, tenant_id, request_id FROM audit_entry WHERE action = 'tenant.demo_told'")
    assert {row["actor_kind"] for row in told} == {"worker"}
    assert all(now() - row["at"] < timedelta(hours=1) for row in told)
    rows = days.rows(
        "SELECT count(*) FROM audit_entry WHERE tenant_id = ANY($1::uuid[]) AND actor_kind = 'user' AND request_id NOT LIKE 'seed:%'",
        [row["tenant_id"] for row in told],
    )
    assert rows[0]["count"] == 0


def test_one_entry_is_late_and_says_why(days: Days) -> None:
    rows = days.rows("SELECT captured_at, received_at, late_reason FROM record WHERE late_entry")
    assert [(clock(row["captured_at"]), clock(row["received_at"])) for row in rows] == [("07:45", "11:50")]
    assert "补录" in rows[0]["late_reason"]


def test_nothing_was_entered_in_the_future(days: Days) -> None:
    for table, column in (
        ("record", "received_at"),
        ("audit_entry", "at"),
        ("lot", "created_at"),
        ("document", "issued_at"),
    ):
        (row,) = days.rows(f"SELECT max({column}) AS last FROM {table}")
        assert row["last"] <= now(), table


def test_two_tankers_came_and_one_compartment_was_refused(days: Days, dairy_day: datetime) -> None:
    rows = days.of(
        "乳业",
        "SELECT h.at, h.vehicle, h.seal, l.accepted, l.core_temperature, l.remark FROM handover h JOIN handover_line l"
        " ON l.tenant_id = h.tenant_id AND l.handover_id = h.id WHERE h.tenant_id = $1 AND h.kind = 'receiving' ORDER BY l.id",
    )
    assert len({row["vehicle"] for row in rows}) == 2
    assert all(row["seal"] and row["at"] > dairy_day for row in rows)
    assert [row["accepted"] for row in rows] == [True, True, True, False]
    assert rows[3]["core_temperature"] > 6
    assert "拒收" in rows[3]["remark"]


def test_pasteurisation_was_read_four_times_with_one_warning(days: Days, dairy_day: datetime) -> None:
    rows = days.rows(
        "SELECT r.warning, r.verdict FROM record r JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id"
        " JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id WHERE f.code = 'JL-05' AND r.captured_at > $1 ORDER BY r.captured_at",
        dairy_day,
    )
    assert [(row["verdict"], row["warning"]) for row in rows] == [
        ("pass", False), ("pass", False), ("pass", True), ("pass", False),
    ]  # fmt: skip


def test_the_detector_failed_at_ten_and_names_what_passed_since_eight(days: Days, dairy_day: datetime) -> None:
    (failed,) = days.rows(
        "SELECT r.id, r.captured_at FROM record r JOIN device d ON d.id = r.device_id AND d.tenant_id = r.tenant_id"
        " WHERE d.code = 'MD-02' AND r.verdict = 'fail'"
    )
    assert clock(failed["captured_at"]) == "10:00"
    with days.demo.sign_in("quality_manager", "乳业") as client:
        reach = client.get(f"/api/v1/records/{failed['id']}/reach").json()["reach"]
        lots = {each["id"]: each for each in client.get("/api/v1/search/lots", params={"limit": "100"}).json()["items"]}
        assert [lots[each["lot_id"]]["lot_no"][-2:] for each in reach["lots"]] == ["A1", "A2", "B1", "-剔"]
        assert clock(datetime.fromisoformat(reach["since"])) == "08:00"
        assert reach["quantities"] == [{"quantity": "5400", "unit": "pcs"}]
    holds = days.rows("SELECT closed_at, close_reason FROM hold WHERE cause = '金属检测机点检不合格'")
    assert len(holds) == 3
    assert all(row["closed_at"] and row["close_reason"] for row in holds)
    (found,) = days.rows(
        "SELECT n.state, n.quantity, d.kind, d.state AS done FROM nonconformity n JOIN disposition d"
        " ON d.tenant_id = n.tenant_id AND d.nonconformity_id = n.id WHERE n.record_id = $1",
        failed["id"],
    )
    assert (found["state"], found["quantity"], found["kind"], found["done"]) == ("closed", 6, "destroy", "carried_out")


def test_four_lots_wait_for_microbiology_and_one_of_them_left_early(days: Days, dairy_day: datetime) -> None:
    rows = days.rows(
        "SELECT l.lot_no, l.state, r.missing FROM record r JOIN lot l ON l.tenant_id = r.tenant_id AND l.id = r.lot_id"
        " WHERE r.missing <> '{}' AND r.captured_at > $1 ORDER BY l.lot_no",
        dairy_day,
    )
    assert [row["state"] for row in rows] == ["pending", "pending", "released", "pending"]
    assert all("COLI" in row["missing"] for row in rows)
    (early,) = days.rows(
        "SELECT u.reason, u.requester_name, u.decider_name, r.kind, l.lot_no FROM urgent_request u JOIN release r"
        " ON r.tenant_id = u.tenant_id AND r.urgent_request_id = u.id JOIN lot l ON l.tenant_id = r.tenant_id AND l.id = r.lot_id"
    )
    assert (early["kind"], early["lot_no"]) == ("urgent", rows[2]["lot_no"])
    assert early["reason"]
    assert early["decider_name"] not in (None, early["requester_name"])


def test_nine_shipments_left_with_their_papers_before_three(days: Days, dairy_day: datetime) -> None:
    rows = days.rows(
        "SELECT s.id, s.departed_at, d.issued_at, (SELECT count(*) FROM receiver_link k WHERE k.tenant_id = s.tenant_id"
        " AND k.shipment_id = s.id) AS links, (SELECT bool_and(EXISTS (SELECT FROM document t WHERE t.tenant_id = n.tenant_id"
        " AND t.subject_id = n.lot_id AND t.kind = 'test_report' AND t.issued_at < s.departed_at)) FROM shipment_line n JOIN lot l ON l.tenant_id = n.tenant_id AND l.id = n.lot_id AND l.kind <> 'package'"
        " WHERE n.tenant_id = s.tenant_id AND n.shipment_id = s.id) AS reported"
        " FROM shipment s JOIN document d ON d.tenant_id = s.tenant_id AND d.subject_id = s.id AND d.kind = 'delivery_note'"
        " WHERE s.departed_at > $1 ORDER BY s.departed_at",
        dairy_day,
    )
    three = dairy_day + timedelta(hours=15)
    (left,) = days.rows(
        "SELECT count(*) FROM shipment WHERE departed_at BETWEEN $1 AND $2", dairy_day, dairy_day + timedelta(days=1)
    )
    assert len(rows) == left["count"] == 9
    assert all(row["issued_at"] < row["departed_at"] < three for row in rows)
    assert all(row["links"] == 1 and row["reported"] for row in rows)
    with days.demo.sign_in("viewer", "乳业") as client:
        listed = client.get("/api/v1/documents", params={"kind": "delivery_note", "limit": "50"}).json()["items"]
        assert len(listed) == 9
        for each in listed[:2]:
            assert (
                httpx.get(f"{days.demo.base_url}/d/{each['check_url'].rpartition('/')[2]}", trust_env=False).status_code
                == 200
            )


def test_samples_were_kept_and_the_working_day_has_its_record(days: Days, dairy_day: datetime) -> None:
    (samples,) = days.rows(
        "SELECT count(*) FROM retained_sample WHERE taken_at BETWEEN $1 AND $2",
        dairy_day,
        dairy_day + timedelta(days=1),
    )
    assert samples["count"] == 4
    (record,) = days.rows(
        'SELECT r."values"::text AS said, i.state FROM record r JOIN inspection_result x ON x.tenant_id = r.tenant_id AND x.record_id = r.id'
        " JOIN inspection i ON i.tenant_id = x.tenant_id AND i.id = x.inspection_id WHERE r.working_day = $1",
        dairy_day.date(),
    )
    assert "未发现问题" in record["said"]
    assert record["state"] == "done"


BOARDS = "电子"


def test_of_a_thousand_sheets_three_hundred_were_looked_at_and_connectors_were_sampled(days: Days) -> None:
    rows = days.of(
        BOARDS,
        "SELECT i.quantity, i.accepted, i.rejected, i.pending, i.verdict, i.sampling::text AS sampling, x.sample_size, x.defectives"
        " FROM inspection i JOIN inspection_result x ON x.tenant_id = i.tenant_id AND x.inspection_id = i.id"
        " WHERE i.tenant_id = $1 AND i.trigger = 'receipt' ORDER BY i.quantity",
    )
    sheets, connectors = rows
    assert [int(sheets[name]) for name in ("quantity", "accepted", "rejected", "pending")] == [1000, 292, 8, 700]
    assert sheets["verdict"] is None
    assert (connectors["sample_size"], connectors["defectives"], connectors["verdict"]) == (125, 1, "pass")
    assert '"accept"' in connectors["sampling"]


def test_the_first_piece_failed_after_a_change_of_program_and_was_made_again(days: Days) -> None:
    rows = days.of(
        BOARDS,
        "SELECT reason, verdict, reinspects IS NOT NULL AS again FROM inspection WHERE tenant_id = $1 AND trigger = 'first_piece'"
        " ORDER BY done_at",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("shift_start", "pass", False), ("program", "fail", False), ("again", "pass", True),
    ]  # fmt: skip


def test_one_patrol_check_was_missed_and_the_bath_was_analysed_three_times(days: Days) -> None:
    rows = days.of(
        BOARDS,
        "SELECT i.due_from, i.state, i.due_at < now() AS over FROM inspection i JOIN inspection_plan p ON p.tenant_id = i.tenant_id"
        " AND p.id = i.plan_id WHERE i.tenant_id = $1 AND p.code = 'JH-04' ORDER BY i.due_from",
    )
    assert [(clock(row["due_from"]), row["state"]) for row in rows] == [
        ("10:00", "done"),
        ("12:00", "open"),
        ("14:00", "done"),
    ]
    assert rows[1]["over"]
    with days.demo.sign_in("quality_manager", BOARDS) as client:
        assert len(client.get("/api/v1/inspections", params={"state": "missed"}).json()["items"]) == 1
    baths = days.of(
        BOARDS,
        "SELECT verdict, warning FROM record WHERE tenant_id = $1 AND place_id IS NOT NULL ORDER BY captured_at",
    )
    assert [(row["verdict"], row["warning"]) for row in baths] == [("pass", False), ("pass", False), ("pass", True)]


def test_every_step_of_the_traveller_is_counted_in_and_out(days: Days) -> None:
    rows = days.of(
        BOARDS,
        "SELECT s.name, o.quantity_in, o.quantity_good, o.quantity_scrapped FROM operation o JOIN process_step s ON s.tenant_id = o.tenant_id"
        " AND s.id = o.step_id JOIN operation_lot x ON x.tenant_id = o.tenant_id AND x.operation_id = o.id AND x.role = 'out'"
        " JOIN lot l ON l.tenant_id = o.tenant_id AND l.id = x.lot_id WHERE o.tenant_id = $1 AND l.lot_no ="
        " (SELECT max(lot_no) FROM lot WHERE tenant_id = $1 AND lot_no LIKE 'P%-01') ORDER BY o.started_at",
    )
    assert [row["name"] for row in rows] == ["开料", "钻孔", "钻孔", "钻孔", "沉铜与板镀"]
    assert all(row["quantity_in"] == row["quantity_good"] + row["quantity_scrapped"] for row in rows)
    assert rows[-1]["quantity_in"] == 59
    labels = days.of(BOARDS, "SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND action = 'label.printed'")
    assert labels[0]["count"] == 1


def test_forty_boards_were_conceded_with_the_customers_consent(days: Days) -> None:
    (row,) = days.of(
        BOARDS,
        "SELECT d.quantity, d.customer_id, d.consent_attachment_id, d.state, l.conceded_until, (SELECT count(*) FROM disposition_signature s"
        " WHERE s.tenant_id = d.tenant_id AND s.disposition_id = d.id) AS signatures FROM disposition d JOIN lot l ON l.tenant_id = d.tenant_id"
        " AND l.id = d.result_lot_id WHERE d.tenant_id = $1 AND d.kind = 'concession'",
    )
    assert (row["quantity"], row["signatures"]) == (40, 2)
    assert None not in (row["customer_id"], row["consent_attachment_id"])
    assert row["conceded_until"] > now()


def test_a_failed_gauge_names_its_reach_and_an_overdue_one_marks_entries(days: Days) -> None:
    gauges = {row["code"]: row["id"] for row in days.of(BOARDS, "SELECT code, id FROM device WHERE tenant_id = $1")}
    with days.demo.sign_in("quality_manager", BOARDS) as client:
        found = client.get(f"/api/v1/devices/{gauges['CMI-05']}/affected").json()
        assert found["records"] == 3
        assert len(found["lots"]) == 3
    marked = days.of(
        BOARDS,
        "SELECT r.warning FROM record_gauge g JOIN device d ON d.tenant_id = g.tenant_id AND d.id = g.device_id JOIN record r"
        " ON r.tenant_id = g.tenant_id AND r.id = g.record_id WHERE g.tenant_id = $1 AND d.code = 'MIC-11' AND g.calibration = 'expired'",
    )
    assert len(marked) >= 2
    assert all(row["warning"] for row in marked)


def test_one_controller_was_taken_out_and_another_put_in(days: Days) -> None:
    rows = days.of(
        BOARDS,
        "SELECT c.lot_no AS chip, b.lot_no AS board, k.until FROM link k JOIN lot c ON c.tenant_id = k.tenant_id AND c.id = k.from_lot"
        " JOIN lot b ON b.tenant_id = k.tenant_id AND b.id = k.to_lot WHERE k.tenant_id = $1 AND k.kind = 'installed' ORDER BY k.at",
    )
    assert len(rows) == 5
    (out,) = [row for row in rows if row["until"]]
    assert [row["chip"][-4:] for row in rows if row["board"] == out["board"]] == ["0003", "0005"]
    (mended,) = days.of(BOARDS, "SELECT state FROM lot WHERE tenant_id = $1 AND lot_no LIKE '%R' AND kind = 'unit'")
    assert mended["state"] == "released"


def test_the_board_makers_day_is_a_working_day(days: Days) -> None:
    (row,) = days.of(BOARDS, "SELECT max(captured_at) AS last FROM record WHERE tenant_id = $1")
    day = row["last"].astimezone(EDGE).date()
    assert day.isoweekday() <= 5
    assert timedelta(days=1) <= days.seeded_on - day <= timedelta(days=4)


def test_the_report_of_what_left_early_judges_nothing_that_is_not_known(days: Days) -> None:
    rows = days.rows(
        "SELECT about, facts ->> 'conclusion' AS said FROM document WHERE kind = 'test_report' ORDER BY about"
    )
    early = [row["said"] for row in rows if row["about"].endswith("A3")]
    assert len(early) == 1
    assert "紧急放行" in early[0]
    assert all("判定合格" in row["said"] for row in rows if not row["about"].endswith("A3"))
