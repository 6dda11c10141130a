"""Promise: samples are taken, looked at, used and done away with on their pages; what is due is listed first; what is not
allowed is said at its field, and who may not record only reads."""

import re
from html import unescape

from tests.fixtures.floor import Floor, floor

__all__ = ["floor"]


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def test_a_sample_from_taking_to_its_end(floor: Floor) -> None:
    lot = await floor.lot("finished")
    inspector = floor.plant.client("inspector")
    endless = await inspector.post(f"/admin/lots/{lot}/samples", data={"quantity": "2"})
    assert endless.status_code == 422
    assert 'id="take-keep_until-error"' in endless.text
    data = {"quantity": "2", "keep_until": "2020-06-30", "observe_on": "2020-02-01，2020-03-01"}
    taken = await inspector.post(f"/admin/lots/{lot}/samples", data=data)
    assert taken.status_code == 303, shown(taken.text)
    path = taken.headers["location"].partition("?")[0]
    listed = shown((await inspector.get("/admin/samples")).text)
    assert "到期观察" in listed
    assert "2020-02-01 逾期" in listed
    assert "留样期满" in listed
    seen = await inspector.post(f"{path}/observations", data={"due_on": "2020-02-01", "result": "normal"})
    assert seen.status_code == 303, shown(seen.text)
    too_much = await inspector.post(f"{path}/uses", data={"quantity": "5", "reason": "复检"})
    assert too_much.status_code == 409
    assert 'id="use-quantity-error"' in too_much.text
    assert (await inspector.post(f"{path}/uses", data={"quantity": "0.5", "reason": "复检"})).status_code == 303
    gone = await inspector.post(f"{path}/disposal", data={"disposal": "销毁", "witness_name": "李四"})
    assert gone.status_code == 303
    text = shown((await floor.plant.client("viewer").get(path)).text)
    for words in ("已处置", "1.5 kg", "正常", "复检", "见证人 李四"):
        assert words in text, words
    assert "登记观察" not in text
    assert path.rsplit("/", 1)[1] in (await inspector.get("/admin/samples?state=disposed")).text


async def test_who_only_reads_takes_none(floor: Floor) -> None:
    lot = await floor.lot("finished")
    viewer = floor.plant.client("viewer")
    assert "这一批还没有留样" in shown((await viewer.get(f"/admin/lots/{lot}/samples")).text)
    assert (await viewer.post(f"/admin/lots/{lot}/samples", data={})).status_code == 403
    assert "还没有留样" in shown((await viewer.get("/admin/samples")).text)
