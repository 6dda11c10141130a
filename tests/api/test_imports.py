"""Promise: files become lots, results, consumption and people under the policy chosen; errors name row, column and value
in the reader's language; a dry run writes nothing; the same file twice changes nothing; the gate of use holds."""

import io
from uuid import UUID

import openpyxl
import pytest

from server.core import db
from server.core.ids import new_id
from tests.fixtures.api import PASSWORD, Api, Plant
from tests.fixtures.imports import carry_out, csv_bytes, errors_of, imported, send, xlsx


@pytest.fixture
async def plant(api: Api) -> Plant:
    plant = await api.plant()
    client = plant.client("quality_manager")
    for sku, kind in (("YL-001", "material"), ("CP-001", "finished")):
        made = await client.post("/api/v1/products", json={"kind": kind, "sku": sku, "name": sku, "unit": "kg"})
        assert made.status_code == 201, made.text
    made = await client.post("/api/v1/suppliers", json={"code": "SUP-01", "name": "华北粮油"})
    assert made.status_code == 201, made.text
    return plant


LOTS = ["产品编码*", "批号*", "供应商", "供应商批号", "数量", "单位", "到货日期", "已放行"]


def lots(count: int, released: str = "") -> list[list[object]]:
    return [["YL-001", f"A{n}", "SUP-01", f"S{n}", 100.5, "kg", "2026-03-01", released] for n in range(count)]


async def test_lots_come_in_from_chinese_and_english_headers_and_both_encodings(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    job = await imported(api, client, "material_lots", xlsx(LOTS, lots(2)))
    assert (job["state"], job["rows_total"], job["rows_stored"], job["rows_failed"]) == ("done", 2, 2, 0)
    english = csv_bytes(
        ["Lot no.", "SKU", "Vendor", "Qty", "colour"], [["B1", "YL-001", "华北粮油", "1,200.5", "red"]], "gb18030"
    )
    job = await imported(api, client, "material_lots", english, name="b.csv")
    assert (job["state"], job["rows_stored"], job["unread_columns"]) == ("done", 1, ["colour"])
    found = (await client.get("/api/v1/lots", params={"lot_no": "B1"})).json()["items"][0]
    assert (found["quantity"], found["supplier_name"], found["kind"], found["received_at"]) == (
        "1200.5", "华北粮油", "material", None,
    )  # fmt: skip
    assert found["state"] == "pending"


async def test_one_wrong_row_refuses_all_or_only_itself(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    rows = [*lots(2), ["NONE", "A7", "", "", -1, "kg", "2026-02-30", ""], ["YL-001", "A0", "", "", "", "", "", "也许"]]
    job = await imported(api, client, "material_lots", xlsx(LOTS, rows))
    assert (job["state"], job["rows_stored"], job["rows_failed"]) == ("refused", 0, 2)
    assert job["problem_text"] == "有错误，未导入任何数据，见错误明细"
    assert (await client.get("/api/v1/lots")).json()["items"] == []
    listed = await errors_of(client, job)
    assert [(e["row"], e["column"], e["value"], e["code"]) for e in listed] == [
        (4, "product_sku", "NONE", "import_product_unknown"),
        (4, "received_at", "2026-02-30", "import_not_a_date"),
        (4, "quantity", "-1", "input_greater_than"),
        (5, "released", "也许", "import_not_yes_or_no"),
    ]
    assert listed[1]["column_title"] == "到货日期"
    assert listed[1]["text"] == "“2026-02-30”不是有效的日期或时间"
    english = await errors_of(plant.client("quality_manager", accept_language="en"), job)
    assert english[1]["text"] == "“2026-02-30” is not a date or time"
    job = await imported(api, client, "material_lots", xlsx(LOTS, rows), policy="good_rows")
    assert (job["state"], job["rows_stored"], job["rows_failed"]) == ("done", 2, 2)
    assert len((await client.get("/api/v1/lots")).json()["items"]) == 2


async def test_what_a_model_refuses_is_named_by_its_column(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    rows = [
        ["YL-001", "A1", "", "", -1, "kg", "", ""],
        ["YL-001", "x" * 90, "", "S", 1, "kg", "", ""],
        ["YL-001", "", "", "", "", "", "", ""],
    ]
    listed = await errors_of(client, await imported(api, client, "material_lots", xlsx(LOTS, rows)))
    assert [(e["row"], e["column"], e["code"]) for e in listed] == [
        (2, "quantity", "input_greater_than"),
        (3, "supplier", "supplier_needed"),
        (3, "lot_no", "input_string_too_long"),
        (4, "lot_no", "import_cell_missing"),
    ]


async def test_every_wrong_cell_of_a_row_is_named(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    await imported(api, client, "material_lots", xlsx(LOTS, lots(1)))
    rows = [
        ["YL-001", "B1", "", "", -3, "furlong", "2026-02-30", ""],
        ["NONE", "", "谁", "S", "abc", "kg", "", "也许"],
        ["YL-001", "A0", "", "S", "<5", "kg", "", ""],
    ]
    job = await imported(api, client, "material_lots", xlsx(LOTS, rows))
    listed = await errors_of(client, job)
    assert [(e["row"], e["column"], e["value"], e["code"]) for e in listed] == [
        (2, "unit", "furlong", "unit_unknown"),
        (2, "received_at", "2026-02-30", "import_not_a_date"),
        (2, "quantity", "-3", "input_greater_than"),
        (3, "lot_no", None, "import_cell_missing"),
        (3, "product_sku", "NONE", "import_product_unknown"),
        (3, "supplier", "谁", "import_supplier_unknown"),
        (3, "quantity", "abc", "import_not_a_quantity"),
        (3, "released", "也许", "import_not_yes_or_no"),
        (4, "supplier", None, "supplier_needed"),
        (4, "quantity", "<5", "import_not_a_quantity"),
        (4, "lot_no", "A0", "lot_no_taken"),
    ]
    assert listed[6]["text"] == "“abc”不是数量，请填写数字，如 1200 或 0.5"
    english = await errors_of(plant.client("quality_manager", accept_language="en"), job)
    assert english[6]["text"] == "“abc” is not a quantity; enter a number such as 1200 or 0.5"
    header = ["原料批号", "成品批号", "生产订单号", "数量", "单位", "投料时间"]
    rows = [
        ["A0", "F9", "", "abc", "L", "昨天"],
        ["A0", "", "MO-9", -1, "kg", "2026-13-01"],
        ["", "A0", "", "", "", "昨天"],
        ["A9", "", "", "x", "", ""],
    ]
    listed = await errors_of(client, await imported(api, client, "consumption", xlsx(header, rows)))
    assert [(e["row"], e["column"], e["value"], e["code"]) for e in listed] == [
        (2, "to_lot_no", "F9", "import_lot_unknown"),
        (2, "unit", "L", "units_differ"),
        (2, "quantity", "abc", "import_not_a_quantity"),
        (2, "at", "昨天", "import_not_a_date"),
        (3, "production_order", "MO-9", "import_order_unknown"),
        (3, "at", "2026-13-01", "import_not_a_date"),
        (3, "quantity", "-1", "input_greater_than"),
        (4, "from_lot_no", None, "import_cell_missing"),
        (4, "at", "昨天", "import_not_a_date"),
        (5, "from_lot_no", "A9", "import_lot_unknown"),
        (5, "to_lot_no", None, "import_cell_missing"),
        (5, "quantity", "x", "import_not_a_quantity"),
    ]


async def test_the_same_file_twice_is_one_job(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    data = xlsx(LOTS, lots(3))
    first = await imported(api, client, "material_lots", data)
    again = await send(client, "material_lots", data, name="renamed.xlsx", policy="good_rows")
    await carry_out(api)
    assert (again.status_code, again.json()["id"], again.json()["repeated"]) == (202, first["id"], True)
    assert len((await client.get("/api/v1/imports")).json()["items"]) == 1
    assert len((await client.get("/api/v1/lots")).json()["items"]) == 3
    other = await api.plant()
    theirs = await send(other.client("quality_manager"), "material_lots", data)
    assert theirs.json()["repeated"] is False


async def test_a_dry_run_writes_nothing_but_the_job_and_its_errors(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    data = xlsx(LOTS, [*lots(2), ["NONE", "A9", "", "", "", "", "", ""]])
    async with db.transaction(db.Scope.tenant(plant.tenant_id)):
        before = await db.fetchval("SELECT count(*) FROM audit_entry WHERE action NOT LIKE 'import.%'")
    job = await imported(api, client, "material_lots", data, dry_run="true")
    assert (job["state"], job["dry_run"], job["rows_done"], job["rows_stored"], job["rows_failed"]) == (
        "done",
        True,
        3,
        0,
        1,
    )
    assert len(await errors_of(client, job)) == 1
    assert (await client.get("/api/v1/lots")).json()["items"] == []
    async with db.transaction(db.Scope.tenant(plant.tenant_id)):
        assert await db.fetchval("SELECT count(*) FROM audit_entry WHERE action NOT LIKE 'import.%'") == before
    job = await imported(api, client, "material_lots", data, policy="good_rows")
    assert (job["state"], job["rows_stored"]) == ("done", 2)


async def test_a_release_with_the_import_is_signed_or_refused(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    data = xlsx(LOTS, lots(2, "是"))
    job = await imported(api, client, "material_lots", data)
    assert {e["code"] for e in await errors_of(client, job)} == {"import_release_not_signed"}
    wrong = await send(client, "material_lots", data, password="wrong")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    admin = await send(plant.client("enterprise_admin"), "material_lots", data, password=PASSWORD)
    assert (admin.status_code, admin.json()["code"]) == (403, "forbidden")
    job = await imported(api, client, "material_lots", data, password=PASSWORD)
    assert (job["state"], job["rows_stored"]) == ("done", 2)
    found = (await client.get("/api/v1/lots")).json()["items"]
    assert [each["state"] for each in found] == ["released", "released"]
    releases = (await client.get(f"/api/v1/lots/{found[0]['id']}/releases")).json()["items"]
    assert releases[0]["signer_name"] == plant.person("quality_manager").username


async def test_consumption_passes_the_gate_of_use(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    await imported(api, client, "material_lots", xlsx(LOTS, lots(1, "是")), password=PASSWORD)
    await imported(api, client, "material_lots", xlsx(LOTS, [["YL-001", "P1", "", "", 5, "kg", "", ""]]))
    finished = xlsx([*LOTS, "生产订单号"], [["CP-001", "F1", "", "", "", "", "", "", "MO-1"]])
    await imported(api, client, "material_lots", finished)
    header = ["原料批号", "成品批号", "生产订单号", "数量", "单位", "投料时间"]
    rows = [
        ["A0", "F1", "", 40, "kg", "2026-03-02 09:00"],
        ["A0", "", "MO-1", 60, "kg", ""],
        ["A0", "F1", "", 60, "kg", ""],
        ["P1", "F1", "", 1, "kg", ""],
        ["A0", "F9", "", 1, "kg", ""],
        ["A0", "", "", 1, "kg", ""],
    ]
    job = await imported(api, client, "consumption", xlsx(header, rows), policy="good_rows")
    assert (job["state"], job["rows_stored"], job["rows_failed"]) == ("done", 2, 4)
    assert [(e["row"], e["column"], e["code"]) for e in await errors_of(client, job)] == [
        (4, "quantity", "not_enough_left"),
        (5, "from_lot_no", "lot_not_released"),
        (6, "to_lot_no", "import_lot_unknown"),
        (7, "to_lot_no", "import_cell_missing"),
    ]
    lot = (await client.get("/api/v1/lots", params={"lot_no": "A0"})).json()["items"][0]
    assert lot["left"] == "0.5"
    links = (await client.get(f"/api/v1/lots/{lot['id']}/links")).json()["items"]
    assert [link["at"] for link in links] == ["2026-03-02T01:00:00Z", None]


async def test_what_a_file_left_over_is_read_again_once_it_can_be(api: Api, plant: Plant) -> None:
    """Rows refused for want of a product come in when the product is there; those that are in stay as they are."""
    client = plant.client("quality_manager")
    rows = [*lots(3), ["YL-002", "B1", "", "", 1, "kg", "", ""], ["YL-002", "B2", "", "", "viel", "kg", "", ""]]
    data = xlsx(LOTS, rows)
    first = await imported(api, client, "material_lots", data, policy="good_rows")
    assert (first["rows_stored"], first["rows_failed"]) == (3, 2)
    looked = await imported(api, client, "material_lots", data, policy="good_rows", dry_run="true")
    assert (looked["rows_total"], looked["rows_failed"]) == (2, 2)
    product = {"kind": "material", "sku": "YL-002", "name": "YL-002", "unit": "kg"}
    assert (await client.post("/api/v1/products", json=product)).status_code == 201
    second = await imported(api, client, "material_lots", data, policy="good_rows")
    assert (second["repeated"], second["follows"]) == (False, first["id"])
    assert (second["rows_total"], second["rows_stored"], second["rows_failed"]) == (2, 1, 1)
    assert [(e["row"], e["column"]) for e in await errors_of(client, second)] == [(6, "quantity")]
    third = await imported(api, client, "material_lots", data, policy="all_or_nothing")
    assert (third["state"], third["rows_stored"], third["follows"]) == ("refused", 0, second["id"])
    found = (await client.get("/api/v1/lots")).json()["items"]
    assert sorted(each["lot_no"] for each in found) == ["A0", "A1", "A2", "B1"]
    trail = (await client.get("/api/v1/audit", params={"action": "lot.*"})).json()["items"]
    assert len(trail) == 2  # a set for each of the two files that stored something


async def test_consumption_left_over_is_not_counted_twice(api: Api, plant: Plant) -> None:
    """Links have no number that would tell a repeat: only the rows that were refused are read again."""
    client = plant.client("quality_manager")
    await imported(api, client, "material_lots", xlsx(LOTS, lots(1, "是")), password=PASSWORD)
    await imported(api, client, "material_lots", xlsx(LOTS, [["CP-001", "F1", "", "", "", "", "", ""]]))
    header = ["原料批号", "成品批号", "数量", "单位"]
    data = xlsx(header, [["A0", "F1", 10, "kg"], ["A0", "F2", 20, "kg"], ["A0", "F1", 30, "kg"]])
    job = await imported(api, client, "consumption", data, policy="good_rows")
    assert (job["rows_stored"], job["rows_failed"]) == (2, 1)
    await imported(api, client, "material_lots", xlsx(LOTS, [["CP-001", "F2", "", "", "", "", "", ""]]))
    for stored, repeated in ((1, False), (1, True)):
        sent = await send(client, "consumption", data, policy="good_rows")
        await carry_out(api)
        job = (await client.get(f"/api/v1/imports/{sent.json()['id']}")).json()
        assert (job["state"], job["rows_stored"], sent.json()["repeated"]) == ("done", stored, repeated)
    lot = (await client.get("/api/v1/lots", params={"lot_no": "A0"})).json()["items"][0]
    assert lot["left"] == "40.5"


async def test_a_job_given_up_half_way_is_followed_from_where_it_stood(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    data = xlsx(LOTS, lots(4))
    job = await imported(api, client, "material_lots", data, policy="good_rows")
    async with db.transaction(db.Scope.tenant(plant.tenant_id)):
        await db.execute("UPDATE import_job SET state = 'failed', rows_done = 3 WHERE id = $1", UUID(job["id"]))
    follower = await imported(api, client, "material_lots", data, policy="good_rows")
    assert (follower["follows"], follower["rows_total"], follower["rows_failed"]) == (job["id"], 1, 1)
    assert [(e["row"], e["code"]) for e in await errors_of(client, follower)] == [(5, "lot_no_taken")]


@pytest.fixture
async def lab(api: Api, plant: Plant) -> Plant:
    """Lead with a legal limit of 0.05 mg/kg and water; a form that needs lead; two lots."""
    client = plant.client("quality_manager")
    ids = {}
    for code, name, unit in (("Pb", "铅", "mg/kg"), ("H2O", "水分", "%")):
        body = {"code": code, "name": name, "unit": unit, "result_kind": "number"}
        ids[code] = (await client.post("/api/v1/characteristics", json=body)).json()["id"]
    limits = {"characteristic_id": ids["Pb"], "limits": {"legal": {"high": "0.05"}}}
    assert (await client.post("/api/v1/specifications", json=limits)).status_code == 201
    form = {
        "code": "IQC", "name": "来料检验", "stage": "material",
        "schema": {"type": "object", "required": ["lead"], "properties": {"lead": {}, "water": {}}},
        "ui": {"fields": {"lead": {"characteristic_id": ids["Pb"]}, "water": {"characteristic_id": ids["H2O"]}}},
    }  # fmt: skip
    made = await client.post("/api/v1/forms", json=form)
    assert made.status_code == 201, made.text
    await imported(api, client, "material_lots", xlsx(LOTS, lots(2)))
    return plant


RESULTS = ["表单编码", "批号", "检验项目", "检验结果", "单位", "取样时间", "报告编号", "检验人"]


async def test_results_become_judged_records(api: Api, lab: Plant) -> None:
    client = lab.client("quality_manager")
    rows = [
        ["IQC", "A0", "Pb", "<0.01", "", "2026-03-01 08:00", "R1", "王芳"],
        ["IQC", "A0", "水分", 12.5, "%", "2026-03-01 08:00", "R1", "王芳"],
        ["IQC", "A1", "铅", 60, "μg/kg", "2026-03-01 09:00", "R2", ""],
        ["IQC", "A1", "Pb", "", "", "2026-03-02 09:00", "R3", ""],
    ]
    job = await imported(api, client, "inspections", xlsx(RESULTS, rows))
    assert (job["state"], job["rows_stored"], job["rows_failed"]) == ("done", 4, 0), await errors_of(client, job)
    items = (await client.get("/api/v1/records")).json()["items"]
    assert sorted((each["report_no"], each["verdict"]) for each in items) == [
        ("R1", "pass"), ("R2", "fail"), ("R3", "not_judged"),
    ]  # fmt: skip
    assert {each["source"] for each in items} == {"import"}


async def test_a_wrong_row_refuses_its_report_and_a_corrected_file_stores_only_the_rest(api: Api, lab: Plant) -> None:
    client = lab.client("quality_manager")
    rows = [
        ["IQC", "A0", "Pb", "0.01", "", "", "R1", ""],
        ["IQC", "A1", "Pb", "abc", "", "", "R2", ""],
        ["IQC", "A1", "H2O", "1", "", "", "R2", ""],
        ["IQC", "A1", "H2O", "1", "", "", "R3", ""],
        ["IQC", "A1", "Pb", "1", "kg", "", "R4", ""],
        ["NO", "A1", "Pb", "1", "", "", "R5", ""],
        ["IQC", "A1", "Cd", "1", "", "", "R6", ""],
        ["IQC", "A1", "Pb", "0.01", "", "", "R7", ""],
        ["IQC", "A1", "铅", "0.02", "", "", "R7", ""],
        ["IQC", "A1", "Pb", "-1", "", "", "R8", ""],
    ]
    job = await imported(api, client, "inspections", xlsx(RESULTS, rows), policy="good_rows")
    assert (job["rows_stored"], job["rows_failed"]) == (1, 9)
    assert [(e["row"], e["column"], e["code"]) for e in await errors_of(client, job)] == [
        (3, "value", "not_a_number"),
        (4, None, "import_report_refused"),
        (5, "characteristic", "field_missing"),
        (6, "value_unit", "unit_other_dimension"),
        (7, "form", "import_form_unknown"),
        (8, "characteristic", "characteristic_unknown"),
        (9, None, "import_report_refused"),
        (10, "characteristic", "import_characteristic_twice"),
        (11, "value", "value_negative"),
    ]
    rows[1][3] = "0.02"
    job = await imported(api, client, "inspections", xlsx(RESULTS, rows[:3]))
    assert (job["state"], job["rows_stored"]) == ("done", 3)
    assert len((await client.get("/api/v1/records")).json()["items"]) == 2


async def test_every_wrong_cell_of_results_and_people_is_named(api: Api, lab: Plant) -> None:
    rows = [
        ["NO", "A9", "Pb", "abc", "", "昨天", "R" * 201, ""],
        ["IQC", "A9", "Pb", "1", "kg", "", "R2", ""],
        ["IQC", "A9", "Cd", "abc", "", "", "R3", ""],
        ["IQC", "A9", "Pb", "0.01", "", "", "R4", ""],
        ["IQC", "A9", "H2O", "x", "", "", "R4", ""],
    ]
    client = lab.client("quality_manager")
    listed = await errors_of(client, await imported(api, client, "inspections", xlsx(RESULTS, rows)))
    assert sorted((e["row"], e["column"], e["code"]) for e in listed) == [
        (2, "form", "import_form_unknown"),
        (2, "lot_no", "import_lot_unknown"),
        (2, "report_no", "input_string_too_long"),
        (2, "sampled_at", "import_not_a_date"),
        (2, "value", "not_a_number"),
        (3, "lot_no", "import_lot_unknown"),
        (3, "value_unit", "unit_other_dimension"),
        (4, "characteristic", "characteristic_unknown"),
        (4, "lot_no", "import_lot_unknown"),
        (5, "lot_no", "import_lot_unknown"),
        (6, "value", "not_a_number"),
    ]
    admin = lab.client("enterprise_admin")
    header = ["username", "display_name", "roles", "phone", "workshop"]
    people = [["", "", "皇帝", "x", "一" * 81], ["no spaces", "韩梅", "", "12", ""]]
    listed = await errors_of(admin, await imported(api, admin, "users", xlsx(header, people)))
    assert {(e["row"], e["column"]) for e in listed} == {
        (2, "username"), (2, "display_name"), (2, "roles"), (2, "phone"), (2, "workshop"),
        (3, "username"), (3, "roles"), (3, "phone"),
    }  # fmt: skip
    assert len(listed) == 8


async def test_people_come_in_and_their_passwords_are_handed_out_once(api: Api, plant: Plant) -> None:
    admin = plant.client("enterprise_admin")
    name = f"w{new_id().hex[-10:]}"
    taken = plant.person("viewer").username
    header = ["登录名", "姓名", "角色", "车间"]
    rows = [[name, "张伟", "检验员、操作工", "一车间"], [taken, "李雷", "viewer", ""], [f"{name}x", "韩梅", "皇帝", ""]]
    job = await imported(api, admin, "users", xlsx(header, rows), policy="good_rows")
    assert (job["rows_stored"], job["rows_failed"], job["has_passwords"]) == (1, 2, True)
    assert [(e["row"], e["column"], e["code"]) for e in await errors_of(admin, job)] == [
        (3, "username", "already_member"), (4, "roles", "import_role_unknown"),
    ]  # fmt: skip
    first = await admin.post(f"/api/v1/imports/{job['id']}/passwords")
    [one] = first.json()["items"]
    signed_in = await api.anonymous.post(
        "/api/v1/auth/login", json={"username": name, "password": one["one_time_password"]}
    )
    assert signed_in.status_code == 200, signed_in.text
    again = await admin.post(f"/api/v1/imports/{job['id']}/passwords")
    assert (again.status_code, again.json()["code"]) == (409, "import_passwords_handed_out")
    manager = await send(plant.client("quality_manager"), "users", xlsx(header, rows))
    assert (manager.status_code, manager.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("kind", ["material_lots", "inspections", "consumption", "users"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_template_reads_back_as_an_empty_file(api: Api, plant: Plant, kind: str, language: str) -> None:
    client = plant.client("enterprise_admin", accept_language=language)
    answer = await client.get(f"/api/v1/imports/templates/{kind}")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    job = await imported(api, client, kind, answer.content)
    assert (job["state"], job["rows_done"], job["rows_failed"], job["unread_columns"]) == ("done", 0, 0, [])
    assert (await client.get("/api/v1/imports/templates/nonsense")).status_code == 404


async def test_a_header_without_what_is_needed_is_refused(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    job = await imported(api, client, "material_lots", xlsx(["批号", "批次号", "数量"], [["A", "B", 1]]))
    assert (job["state"], job["problem"]) == ("refused", "import_header_refused")
    assert [(e["row"], e["column"], e["code"]) for e in await errors_of(client, job)] == [
        (1, "lot_no", "import_column_twice"), (1, "product_sku", "import_column_missing"),
    ]  # fmt: skip


async def test_consumption_saved_again_draws_nothing_twice(api: Api, plant: Plant) -> None:
    """The rows are known whatever the file looks like: another format, other blank lines."""
    client = plant.client("quality_manager")
    await imported(api, client, "material_lots", xlsx(LOTS, lots(1, "是")), password=PASSWORD)
    await imported(api, client, "material_lots", xlsx(LOTS, [["CP-001", "F1", "", "", "", "", "", ""]]))
    header, rows = ["原料批号", "成品批号", "数量", "单位"], [["A0", "F1", "10", "kg"], ["A0", "F1", "20", "kg"]]
    assert (await imported(api, client, "consumption", csv_bytes(header, rows), name="a.csv"))["rows_stored"] == 2
    again = {
        "b.csv": csv_bytes(header, rows) + b"\r\n",
        "c.xlsx": xlsx(header, rows),
        "d.csv": csv_bytes(header, rows, "gb18030"),
    }
    for name, data in again.items():
        job = await imported(api, client, "consumption", data, name=name)
        assert (job["state"], job["rows_stored"]) == ("refused", 0)
        assert job["problem"] == "import_same_content"
    other = await imported(
        api, client, "consumption", csv_bytes(header, [*rows, ["A0", "F1", "5", "kg"]]), name="e.csv"
    )
    assert (other["state"], other["rows_stored"]) == ("done", 3)
    lot = (await client.get("/api/v1/lots", params={"lot_no": "A0"})).json()["items"][0]
    assert lot["left"] == "35.5"


async def test_a_number_refused_in_one_row_is_free_for_the_next(api: Api, plant: Plant) -> None:
    """Good rows only: what a refused row would have been called, a good one is; of two good ones the first is stored."""
    client = plant.client("quality_manager")
    good = ["YL-001", "A1", "", "", 5, "kg", "", ""]
    bad = ["YL-001", "A1", "", "", 5, "kg", "2026-03-02", "2026-03-01"]
    job = await imported(api, client, "material_lots", xlsx(LOTS, [bad, good, good]), policy="good_rows")
    errors = [(each["row"], each["code"]) for each in await errors_of(client, job)]
    assert job["rows_stored"] == 1
    assert errors[-1] == (4, "lot_no_taken")
    assert {row for row, _ in errors} == {2, 4}
