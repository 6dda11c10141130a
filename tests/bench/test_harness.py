"""Promise: figures are printed and written in one form, with a ratio always; what wrk prints is read right."""

import orjson
import pytest

from tests.bench import __main__ as runner
from tests.bench.harness import figure, write_report
from tests.bench.load import parse

WRK = """Running 1s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Latency Distribution
     50%    2.50ms
     75%    3.00ms
     90%  900.00us
     99%    1.20s
  14900 requests in 1.00s, 2.00MB read
  Socket errors: connect 0, read 1, write 0, timeout 2
  Non-2xx or 3xx responses: 4
Requests/sec:  14899.25
Transfer/sec:      2.00MB
"""


def test_a_figure_has_one_line_and_one_entry(tmp_path, monkeypatch):
    one = figure("trace", 0.2, "s", 0.16, p99=250.0, ratio_at_most=2, value_at_most=0.5)
    assert one.line() == "trace 0.2 s 0.16 1.250"
    assert one.reached
    monkeypatch.setenv("BENCH_JSON", str(tmp_path / "b.json"))
    write_report([one])
    (entry,) = orjson.loads((tmp_path / "b.json").read_bytes())
    assert entry == {"name": "trace", "value": 0.2, "unit": "s", "baseline": 0.16, "ratio": 1.25, "p99": 250.0}


def test_a_missed_target_is_said():
    assert figure("scan", 100.0, "req/s", 400.0, ratio_at_least=0.55).reached is False
    assert figure("scan", 300.0, "req/s", 400.0, p99=31.0, ratio_at_least=0.55, p99_at_most=30).reached is False
    assert figure("growth.bare", 1.0, "x", 1.0).reached is None


def test_what_wrk_prints_is_read():
    load = parse(WRK)
    assert (load.requests_per_second, load.p99_ms, load.median_ms) == (14899.25, 1200.0, 2.5)
    assert (load.errors, load.requests) == (7, 14900)


def test_an_unknown_name_is_refused():
    assert runner.chosen([]) == list(runner.FIGURES)
    assert runner.chosen(["trace,scan"]) == ["trace", "scan"]
    with pytest.raises(SystemExit, match="no such figure: speed"):
        runner.chosen(["speed"])
