"""Promise: on the page of a lot, whoever may enter its genealogy opens a case or pallet and strikes a wrong link out, with a reason and
after being told what that means; what cannot be is refused at its field, and a link of other lots is none of this page's."""

import re
from html import unescape

from tests.fixtures.floor import Floor


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def test_a_case_is_opened_on_its_page(floor: Floor) -> None:
    lot = await floor.lot("finished")
    packed = {"lot_no": "BOX-1", "contents": [{"lot_id": lot, "quantity": "6"}]}
    case = (await floor.post("/api/v1/packages", packed))["id"]
    operator, page, path = floor.plant.client("operator"), f"/admin/lots/{case}", f"/admin/lots/{case}/open"
    assert f'action="{path}"' in (await operator.get(page)).text
    assert path not in (await floor.plant.client("viewer").get(page)).text
    assert f"/admin/lots/{lot}/open" not in (await operator.get(f"/admin/lots/{lot}")).text  # no case
    for data, field in (
        ({}, "reason"),
        ({"reason": "抽检", "at": "2199-01-01T08:00"}, "at"),
        ({"reason": "抽检", "at": "2001-01-01T08:00"}, "at"),
    ):
        no = await operator.post(path, data=data)
        assert no.status_code == 422, data
        assert f'id="open-{field}-error"' in no.text
    assert await floor.left(lot) == "94"
    done = await operator.post(path, data={"reason": "抽检", "returns_to_stock": "true"})
    assert done.status_code == 303, shown(done.text)
    assert await floor.left(lot) == "100"
    after = (await operator.get(done.headers["location"])).text
    assert "已开箱" in shown(after)
    assert re.search(r"装箱 6 kg \d{4}-\d\d-\d\d \d\d:\d\d 已取出", shown(after))
    assert path not in after
    again = await operator.post(path, data={"reason": "再开"})
    assert again.status_code == 409
    assert "里面已经没有东西" in shown(again.text)
    assert (await floor.plant.client("inspector").post(path, data={"reason": "x"})).status_code == 403


async def test_what_was_lost_in_the_case_is_not_back_in_stock(floor: Floor) -> None:
    lot = await floor.lot("finished")
    case = (await floor.post("/api/v1/packages", {"lot_no": "BOX-1", "contents": [{"lot_id": lot, "quantity": "6"}]}))[
        "id"
    ]
    data = {"reason": "运输中破损", "returns_to_stock": "false"}
    assert (await floor.manager.post(f"/admin/lots/{case}/open", data=data)).status_code == 303
    assert await floor.left(lot) == "94"


async def test_a_case_that_left_stays_closed_and_says_why(floor: Floor) -> None:
    lot = await floor.lot("finished")
    case = (await floor.post("/api/v1/packages", {"lot_no": "BOX-1", "contents": [{"lot_id": lot, "quantity": "6"}]}))[
        "id"
    ]
    await floor.ship({"lot_id": case})
    no = await floor.manager.post(f"/admin/lots/{case}/open", data={"reason": "抽检"})
    assert no.status_code == 409
    assert "包装 BOX-1 已发货或已装入其他包装" in shown(no.text)
    assert 'value="抽检"' in no.text


async def test_the_fields_of_a_package_are_told_apart(floor: Floor) -> None:
    lot = await floor.lot("finished")
    case = (await floor.post("/api/v1/packages", {"lot_no": "BOX-1", "contents": [{"lot_id": lot, "quantity": "6"}]}))[
        "id"
    ]
    ids = re.findall(r' id="([^"]+)"', (await floor.manager.get(f"/admin/lots/{case}")).text)
    assert [each for each in set(ids) if ids.count(each) > 1] == []


async def test_a_wrong_link_is_struck_out_on_either_page(floor: Floor) -> None:
    source, target, stranger = await floor.lot(), await floor.lot("finished", released=False), await floor.lot()
    made = [(await floor.link(source, target, quantity="10"))["id"] for _ in range(2)]
    operator = floor.plant.client("operator")
    for lot, link in ((source, made[0]), (target, made[1])):
        path = f"/admin/lots/{lot}/links/{link}/reverse"
        page = (await operator.get(f"/admin/lots/{lot}")).text
        assert f'action="{path}"' in page
        assert "不能恢复" in shown(page)
        assert "/reverse" not in (await floor.plant.client("viewer").get(f"/admin/lots/{lot}")).text
        unsaid = await operator.post(path, data={"reason": " "})
        assert unsaid.status_code == 422
        assert f'id="reverse-{link}-reason-error"' in unsaid.text
        assert (
            await operator.post(f"/admin/lots/{stranger}/links/{link}/reverse", data={"reason": "x"})
        ).status_code == 404
        done = await operator.post(path, data={"reason": "批号选错"})
        assert done.status_code == 303, shown(done.text)
        after = (await operator.get(done.headers["location"])).text
        assert "关联已冲销" in shown(after)
        assert path not in after
        again = await operator.post(path, data={"reason": "再来"})
        assert again.status_code == 409
        assert "已冲销" in shown(again.text)
    assert await floor.left(source) == "100"
