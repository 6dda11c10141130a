// Paints the trace: columns of boxes, materials left, products right. All words come from the server.

const BOX = { width: 168, height: 46, column: 268, row: 62, margin: 24 };
const SIGNS = { fail: "✕", held: "❙❙", pass: "✓", plain: "○", warning: "!" };

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// Canvas knows colours as they are, not light-dark(); a probe asks the browser for the colour of the moment.
function palette() {
  const names = ["card", "ink", "ink-soft", "line-strong", "accent", "accent-wash", "pass", "pass-wash", "fail", "fail-wash", "hold", "hold-wash", "wait", "wait-wash"];
  return Object.fromEntries(names.map((name) => [name, colour(name)]));
}

function tones(c) {
  return {
    fail: { line: c.fail, wash: c["fail-wash"], ink: c.fail },
    held: { line: c.hold, wash: c["hold-wash"], ink: c.hold },
    pass: { line: c.pass, wash: c.card, ink: c.pass },
    plain: { line: c["line-strong"], wash: c.card, ink: c["ink-soft"] },
  };
}

const shorten = (text, most) => {
  const wide = [...text].map((sign) => (sign.codePointAt(0) > 0x2e80 ? 2 : 1));
  let width = 0;
  let end = 0;
  while (end < wide.length && width + wide[end] <= most) width += wide[end++];
  return end < wide.length ? `${[...text].slice(0, end).join("")}…` : text;
};

function node(box, c) {
  const tone = tones(c)[box.tone] || tones(c).plain;
  return {
    id: box.id,
    name: box.id,
    href: box.href,
    x: 0,
    y: 0,
    value: [BOX.margin + BOX.width / 2 + box.column * BOX.column, BOX.margin + BOX.height / 2 + box.row * BOX.row],
    symbolSize: [BOX.width, BOX.height],
    tip: [box.title, box.subtitle, box.state].filter(Boolean).join("\n"),
    itemStyle: { color: box.root ? c["accent-wash"] : tone.wash, borderColor: box.root ? c.accent : tone.line, borderWidth: box.root || box.tone === "fail" ? 2.5 : 1.2 },
    label: {
      formatter: `{sign|${SIGNS[box.tone] || ""}} {title|${plain(shorten(box.title, 19))}}\n{sub|${plain(shorten(box.subtitle, 25))}}`,
      rich: {
        sign: { color: tone.ink, fontWeight: 700, fontSize: 12 },
        title: { color: box.tone === "fail" ? c.fail : c.ink, fontWeight: 650, fontSize: 13, lineHeight: 18 },
        sub: { color: c["ink-soft"], fontSize: 11, lineHeight: 15 },
      },
    },
  };
}

// Braces and bars mean something to the label's formatter.
const plain = (text) => text.replace(/[{}|]/g, " ");

function option(data, c, size) {
  const family = getComputedStyle(document.body).fontFamily;
  return {
    animation: false,
    textStyle: { fontFamily: family },
    tooltip: {
      renderMode: "richText",
      backgroundColor: c.card,
      borderColor: c["line-strong"],
      textStyle: { color: c.ink, fontFamily: family },
      formatter: (item) => plain(item.dataType === "node" ? item.data.tip : item.data.label.formatter || ""),
    },
    grid: { left: 0, top: 0, width: size.width, height: size.height },
    xAxis: { show: false, min: 0, max: size.width },
    yAxis: { show: false, min: 0, max: size.height, inverse: true },
    series: [{
      type: "graph",
      coordinateSystem: "cartesian2d",
      symbol: "roundRect",
      edgeSymbol: ["none", "arrow"],
      edgeSymbolSize: 7,
      label: { show: true, position: "inside", align: "left", offset: [-BOX.width / 2 + 12, 0] },
      lineStyle: { color: c["line-strong"], width: 1.3, curveness: 0 },
      edgeLabel: { show: true, fontSize: 11, color: c["ink-soft"], backgroundColor: c.card, padding: [1, 3] },
      emphasis: { focus: "adjacency", lineStyle: { width: 2.5, color: c.accent } },
      data: data.boxes.map((box) => node(box, c)),
      links: data.links.map((link) => ({
        source: link.source,
        target: link.target,
        label: { show: link.label !== "" && data.links.length <= 60, formatter: link.label },
      })),
    }],
  };
}

async function paint(holder) {
  const answer = await fetch(holder.dataset.graph, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`graph: ${answer.status}`);
  const data = await answer.json();
  const size = {
    width: Math.max(2 * BOX.margin + BOX.width + (data.columns - 1) * BOX.column, 200),
    height: 2 * BOX.margin + BOX.height + (data.rows - 1) * BOX.row,
  };
  holder.style.width = `${size.width}px`;
  holder.style.height = `${size.height}px`;
  const chart = echarts.init(holder, null, { renderer: "canvas" });
  const redraw = () => chart.setOption(option(data, palette(), size), true);
  redraw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  chart.on("click", (event) => {
    if (event.dataType === "node" && event.data.href) location.href = event.data.href;
  });
  const note = document.getElementById("graph-note");
  note.textContent = data.message;
  note.hidden = !data.message;
  const root = data.boxes.find((box) => box.root);
  if (root) {
    const scroller = holder.parentElement;
    scroller.scrollLeft = BOX.margin + root.column * BOX.column + BOX.width / 2 - scroller.clientWidth / 2;
  }
  holder.dataset.drawn = String(data.boxes.length);
}

const holder = document.getElementById("trace-graph");
if (holder) {
  paint(holder).catch(() => {
    const note = document.getElementById("graph-note");
    note.textContent = document.body.dataset.failed;
    note.hidden = false;
  });
}
