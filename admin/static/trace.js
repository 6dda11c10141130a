// Paints the trace: columns of boxes, materials left, products right. All words come from the server.

const BOX = { width: 176, narrow: 128, height: 48, row: 66, low: 54, margin: 14, radius: 8 };
const GAP = { least: 56, most: 190 };
const MOST_LABELS = 80;
const SIGNS = { fail: "✕", pass: "✓", warning: "!", plain: "○" };
const NAMES = ["card", "raised", "ink", "ink-soft", "line-strong", "accent", "accent-wash", "pass", "fail", "fail-wash", "hold", "hold-wash"];

// A canvas takes colours as they are: ask the style sheet for those of the moment.
function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function toneOf(box, c) {
  const tones = {
    fail: { line: c.fail, wash: c["fail-wash"], ink: c.fail, width: 2 },
    held: { line: c.hold, wash: c["hold-wash"], ink: c.hold, width: 1.5 },
    pass: { line: c["line-strong"], wash: c.card, ink: c.pass, width: 1 },
  };
  const tone = tones[box.tone] || { line: c["line-strong"], wash: c.card, ink: c["ink-soft"], width: 1 };
  return box.root ? { ...tone, line: box.tone === "fail" ? c.fail : c.accent, wash: box.tone === "fail" ? tone.wash : c["accent-wash"], width: 2.5 } : tone;
}

// Chinese signs are twice as wide as Latin ones.
function shorten(text, most) {
  const signs = [...text];
  let width = 0;
  for (let i = 0; i < signs.length; i += 1) {
    width += signs[i].codePointAt(0) > 0x2e80 ? 2 : 1;
    if (width > most) return `${signs.slice(0, i).join("")}…`;
  }
  return text;
}

// A lot number is told apart by its end: what is left out stands in the middle.
function shortenMiddle(text, most) {
  const tail = Math.ceil(most / 2);
  return text.length <= most ? text : `${text.slice(0, most - tail - 1)}…${text.slice(-tail)}`;
}

const sizeOf = (text) => [...text].reduce((sum, sign) => sum + (sign.codePointAt(0) > 0x2e80 ? 11 : 6.4), 0);

// Between two columns there is room for the longest label, so that none runs under a box.
function gapsOf(data) {
  const gaps = Array(Math.max(data.columns - 1, 0)).fill(GAP.least);
  const column = new Map(data.boxes.map((box) => [box.id, box.column]));
  for (const link of data.links.length > MOST_LABELS ? [] : data.links) {
    const left = column.get(link.source);
    if (left < gaps.length) gaps[left] = Math.min(Math.max(gaps[left], sizeOf(link.label) + 22), GAP.most);
  }
  return gaps;
}

function layout(data, available, high) {
  const gaps = gapsOf(data);
  const inside = available - 2 * BOX.margin;
  const taken = gaps.reduce((sum, gap) => sum + gap, 0);
  // A trace that fits the window with narrower boxes and closer rows is shown whole; a longer one scrolls.
  BOX.width = Math.round(Math.min(Math.max((inside - taken) / data.columns, BOX.narrow), 176));
  const spare = Math.max(inside - taken - data.columns * BOX.width, 0) / Math.max(gaps.length, 1);
  const row = Math.min(Math.max((high - 2 * BOX.margin - BOX.height) / Math.max(data.rows - 1, 1), BOX.low), BOX.row);
  const lefts = [BOX.margin];
  for (const gap of gaps) lefts.push(lefts.at(-1) + BOX.width + Math.max(Math.min(gap + spare, GAP.most), gap));
  const spots = new Map(data.boxes.map((box) => [box.id, { x: lefts[box.column], y: BOX.margin + box.row * row }]));
  return { spots, width: lefts.at(-1) + BOX.width + BOX.margin, height: 2 * BOX.margin + BOX.height + (data.rows - 1) * row };
}

// Of lines that fan out or come together each has its label at its own end; any other in the middle.
function labelSpot(link, data, x1, y1, x2, y2) {
  const out = data.links.filter((other) => other.source === link.source).length;
  const into = data.links.filter((other) => other.target === link.target).length;
  if (x2 <= x1 || (out > 1) === (into > 1)) return [(x1 + x2) / 2, (y1 + y2) / 2];
  const half = sizeOf(link.label) / 2;
  return out > 1 ? [x2 - 14 - half, y2] : [x1 + 8 + half, y1];
}

const words = (text, x, y, fill, font, more = {}) => ({ type: "text", style: { text, x, y, fill, font, textVerticalAlign: "top", ...more } });

function drawBox(box, spot, c, family) {
  const tone = toneOf(box, c);
  const stacked = box.count > 1 ? [{ type: "rect", shape: { x: spot.x + 4, y: spot.y + 4, width: BOX.width, height: BOX.height, r: BOX.radius }, style: { fill: tone.wash, stroke: tone.line, lineWidth: 1 } }] : [];
  return {
    type: "group",
    children: [
      ...stacked,
      { type: "rect", shape: { x: spot.x, y: spot.y, width: BOX.width, height: BOX.height, r: BOX.radius }, style: { fill: tone.wash, stroke: tone.line, lineWidth: tone.width } },
      ...(box.tone === "held" ? [0, 5].map((dx) => ({ type: "rect", shape: { x: spot.x + 13 + dx, y: spot.y + 10, width: 3, height: 11 }, style: { fill: tone.ink } })) : []),
      words(SIGNS[box.tone] || "", spot.x + 11, spot.y + 9, tone.ink, `700 12px ${family}`),
      words(shortenMiddle(box.title, Math.floor((BOX.width - 36) / 8.8)), spot.x + 29, spot.y + 8, box.tone === "fail" ? c.fail : c.ink, `600 12.5px ${family}`),
      words(shorten(box.subtitle, Math.floor((BOX.width - 36) / 6.3)), spot.x + 29, spot.y + 27, c["ink-soft"], `11.5px ${family}`),
    ],
  };
}

// Between boxes of one column (a loop) the line leaves and arrives on the right side.
function drawLink(link, data, spots, c, family, withLabel) {
  const from = spots.get(link.source);
  const to = spots.get(link.target);
  const y1 = from.y + BOX.height / 2;
  const y2 = to.y + BOX.height / 2;
  const x1 = from.x + BOX.width;
  const back = to.x <= from.x;
  const x2 = back ? to.x + BOX.width + 1 : to.x - 1;
  const bend = back ? 60 : (x2 - x1) / 2;
  const tip = back ? 7 : -7;
  const curve = { x1, y1, x2: x2 + tip / 2, y2, cpx1: x1 + bend, cpy1: y1, cpx2: back ? x2 + bend : x2 - bend, cpy2: y2 };
  const label = { fill: c["ink-soft"], align: "center", textVerticalAlign: "middle", backgroundColor: c.raised, padding: [1, 4] };
  return {
    type: "group",
    children: [
      { type: "bezierCurve", shape: curve, style: { fill: null, stroke: c["line-strong"], lineWidth: 1.2 } },
      { type: "polygon", shape: { points: [[x2, y2], [x2 + tip, y2 - 4], [x2 + tip, y2 + 4]] }, style: { fill: c["line-strong"] } },
      ...(withLabel && link.label ? [words(link.label, ...labelSpot(link, data, x1, y1, x2, y2), c["ink-soft"], `11px ${family}`, label)].map((each) => ({ ...each, z2: 1 })) : []),
    ],
  };
}

const plain = (text) => text.replace(/[{}|]/g, " "); // they mean something to rich text

function option(data, place, c) {
  const family = getComputedStyle(document.body).fontFamily;
  const shape = { type: "custom", coordinateSystem: "cartesian2d", clip: false };
  const withLabels = data.links.length <= MOST_LABELS;
  return {
    animation: false,
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: c.card,
      borderColor: c["line-strong"],
      textStyle: { color: c.ink, fontFamily: family, fontSize: 13 },
      formatter: (item) => plain([data.boxes[item.dataIndex].title, data.boxes[item.dataIndex].subtitle, data.boxes[item.dataIndex].state].filter(Boolean).join("\n")),
    },
    grid: { left: 0, top: 0, width: place.width, height: place.height },
    xAxis: { show: false, min: 0, max: place.width },
    yAxis: { show: false, min: 0, max: place.height, inverse: true },
    series: [
      { ...shape, silent: true, data: data.links.map(() => [0, 0]), renderItem: (item) => drawLink(data.links[item.dataIndex], data, place.spots, c, family, withLabels) },
      { ...shape, id: "boxes", data: data.boxes.map(() => [0, 0]), renderItem: (item) => drawBox(data.boxes[item.dataIndex], place.spots.get(data.boxes[item.dataIndex].id), c, family) },
    ],
  };
}

function say(text) {
  const note = document.getElementById("graph-note");
  note.textContent = text;
  note.hidden = !text;
}

async function paint(holder) {
  const answer = await fetch(holder.dataset.graph, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`graph: ${answer.status}`);
  const data = await answer.json();
  const scroller = holder.parentElement;
  const place = layout(data, scroller.clientWidth, Number.parseFloat(getComputedStyle(scroller).maxHeight));
  holder.style.width = `${place.width}px`;
  holder.style.height = `${place.height}px`;
  const chart = echarts.init(holder, null, { renderer: "canvas" });
  const redraw = () => chart.setOption(option(data, place, palette()), true);
  redraw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  chart.on("click", { seriesId: "boxes" }, (event) => {
    const { href } = data.boxes[event.dataIndex];
    if (href) location.href = href;
  });
  say(data.message);
  const root = data.boxes.find((box) => box.root);
  if (root) {
    const spot = place.spots.get(root.id);
    scroller.scrollLeft = spot.x + BOX.width / 2 - scroller.clientWidth / 2;
    scroller.scrollTop = spot.y + BOX.height / 2 - scroller.clientHeight / 2;
  }
  holder.dataset.drawn = String(data.boxes.length);
}

const holder = document.getElementById("trace-graph");
if (holder) paint(holder).catch(() => say(document.body.dataset.failed));
