// The view of a sweep: its runs, their curves, and its parameters with their importance.
import { accent, chart, quiet, scale, shadeOf } from "./charts.js";
import { element, fetchJson, formatted, sortedTable } from "./dom.js";
import { SWEEP_FACTS, factsText, runColumns } from "./fields.js";

// So many of the best runs have curves of their own colour; all other curves are grey.
const COLOURED = 12;

function ranked(sweep) {
  const sign = sweep.goal === "maximize" ? -1 : 1;
  return sweep.rows.filter((r) => r.value !== null).sort((a, b) => sign * (a.value - b.value));
}

function curveTraces(sweep, curves) {
  const byId = Object.fromEntries(curves.map((c) => [c.id, c]));
  const names = Object.fromEntries(sweep.rows.map((r) => [r.id, r.name || r.id]));
  const best = ranked(sweep).map((r) => byId[r.id]).filter(Boolean).slice(0, COLOURED);
  const chosen = new Set(best.map((c) => c.id));
  const rest = { x: [], y: [], text: [], mode: "lines", line: { width: 1, color: quiet() }, opacity: 0.35, hoverinfo: "x+y+text" };
  for (const c of curves) {
    if (chosen.has(c.id)) continue;
    rest.x.push(...c.x, null); rest.y.push(...c.y, null);
    rest.text.push(...c.x.map(() => names[c.id]), null);
  }
  return [rest, ...best.map((c) => ({ x: c.x, y: c.y, name: names[c.id], mode: c.x.length > 1 ? "lines" : "markers", line: { width: 1.6 } }))];
}

function bestSoFar(sweep) {
  const better = sweep.goal === "maximize" ? Math.max : Math.min;
  let best = null;
  const x = [], y = [];
  sweep.rows.forEach((row, index) => {
    if (row.value === null) return;
    best = best === null ? row.value : better(best, row.value);
    x.push(index + 1); y.push(best);
  });
  const every = sweep.rows.map((r, i) => [i + 1, r.value]).filter(([, v]) => v !== null);
  return [
    { x: every.map((p) => p[0]), y: every.map((p) => p[1]), mode: "markers", marker: { size: 4, color: quiet() }, opacity: 0.6 },
    { x, y, mode: "lines", line: { shape: "hv", color: accent() } },
  ];
}

function axisOf(label, values, parameter) {
  const numbers = values.every((v) => typeof v === "number");
  if (!numbers) {
    const labels = (parameter?.choices ?? [...new Set(values.map(formatted))]).map(formatted);
    return { label, values: values.map((v) => labels.indexOf(formatted(v))), tickvals: labels.map((_, i) => i), ticktext: labels };
  }
  if (!parameter?.log) return { label, values };
  const logs = values.map(Math.log10);
  const ticks = [];
  for (let t = Math.floor(Math.min(...logs)); t <= Math.ceil(Math.max(...logs)); t += 1) ticks.push(t);
  return { label, values: logs, tickvals: ticks, ticktext: ticks.map((t) => `1e${t}`) };
}

// One line for each run across all parameters. Runs of similar rank share a trace, so that 1,000 are drawn fast.
const SHADES = 10;

function parallel(sweep) {
  const complete = ({ parameters }) => sweep.parameters.every(({ name }) => (parameters[name] ?? null) !== null);
  const rows = ranked(sweep).filter(complete).reverse();
  if (!rows.length) return { traces: [], layout: {} };
  const axes = [...sweep.parameters.map((p) => axisOf(p.name, rows.map((r) => r.parameters[p.name]), p)), axisOf(sweep.metric, rows.map((r) => r.value))];
  const heights = axes.map(({ values, tickvals }) => {
    const all = tickvals && typeof values[0] === "number" ? [...values, ...tickvals] : values;
    const low = Math.min(...all), span = Math.max(...all) - low || 1;
    return (v) => (v - low) / span;
  });
  const annotations = axes.flatMap(({ label, values, tickvals, ticktext }, i) => {
    const ends = tickvals ? [tickvals, ticktext] : [[Math.min(...values), Math.max(...values)], [Math.min(...values), Math.max(...values)].map(formatted)];
    const text = (y, t, more) => ({ x: i, y, text: t, showarrow: false, font: { size: 10 }, ...more });
    return [...ends[0].map((v, k) => text(heights[i](v), ends[1][k], { xanchor: "left", xshift: 3 })), text(1.02, label, { yref: "paper", textangle: -25, xanchor: "left", yanchor: "bottom", font: { size: 11 } })];
  });
  const traces = Array.from({ length: SHADES }, (_, shade) => ({ x: [], y: [], mode: "lines", hoverinfo: "skip", opacity: shade === SHADES - 1 ? 1 : 0.45, line: { width: shade === SHADES - 1 ? 1.8 : 1, color: shadeOf(shade / (SHADES - 1)) } }));
  rows.forEach((_, k) => {
    const trace = traces[Math.floor((k * SHADES) / rows.length)];
    axes.forEach(({ values }, i) => { trace.x.push(i); trace.y.push(heights[i](values[k])); });
    trace.x.push(null); trace.y.push(null);
  });
  const shapes = axes.map((_, i) => ({ type: "line", x0: i, x1: i, y0: 0, y1: 1, line: { color: quiet(), width: 1 } }));
  return { traces, layout: { annotations, shapes, margin: { l: 20, r: 60, t: 60 + 3 * Math.max(...axes.map(({ label }) => label.length)), b: 20 },
    xaxis: { visible: false, range: [-0.2, axes.length - 0.5] }, yaxis: { visible: false, range: [-0.05, 1.05] } } };
}

function scatterChooser(redraw) {
  const pick = (id, label) => {
    const select = element("select", { id });
    select.addEventListener("change", redraw);
    return { select, node: element("label", { for: id }, `${label} `, select) };
  };
  const x = pick("scatter-x", "x axis"), y = pick("scatter-y", "y axis");
  return {
    node: element("div", { class: "bar" }, x.node, y.node),
    choices(sweep) {
      const all = runColumns(sweep).filter((c) => !c.unplotted);
      for (const [select, first] of [[x.select, sweep.parameters[0] ? `p:${sweep.parameters[0].name}` : "step"], [y.select, "value"]]) {
        const selected = select.value || first;
        if (select.options.length !== all.length) select.replaceChildren(...all.map((c) => element("option", { value: c.key }, c.label)));
        select.value = selected;
      }
      return [x.select, y.select].map((s) => all.find((c) => c.key === s.value) ?? all[0]);
    },
  };
}

function scatterTrace(sweep, [x, y]) {
  const rows = sweep.rows.filter((r) => (x.value(r) ?? null) !== null && (y.value(r) ?? null) !== null);
  const plain = (v) => (typeof v === "number" ? v : formatted(v));
  return [{
    x: rows.map((r) => plain(x.value(r))), y: rows.map((r) => plain(y.value(r))), text: rows.map((r) => r.name || r.id), mode: "markers",
    marker: { size: 7, color: rows.map((r) => r.value), colorscale: scale(), showscale: false },
  }];
}

function importanceTrace(importances) {
  const top = importances.slice(0, 15).reverse();
  return [{
    type: "bar", orientation: "h", y: top.map((p) => p.name), x: top.map((p) => p.share), marker: { color: accent() },
    error_x: { type: "data", symmetric: false, array: top.map((p) => p.high - p.share), arrayminus: top.map((p) => p.share - p.low), color: quiet() },
  }];
}

export function sweepView(main, where, name) {
  const title = element("h1", { id: "title" }), note = element("p", { class: "note", id: "note" });
  const place = (id, wide = true) => element("div", { id, class: wide ? "chart wide" : "chart" });
  const curvesPlace = place("curves"), bestPlace = place("best"), parallelPlace = place("parallel");
  const importancePlace = place("importance"), scatterPlace = place("scatter");
  const table = sortedTable(runColumns);
  let last = null;
  const drawScatter = () => {
    const chosen = chooser.choices(last);
    const log = (c) => (last.parameters.find((p) => `p:${p.name}` === c.key)?.log ? "log" : undefined);
    return chart(scatterPlace, scatterTrace(last, chosen), `${chosen[1].label} by ${chosen[0].label}`, {
      xaxis: { title: { text: chosen[0].label }, type: log(chosen[0]) }, yaxis: { title: { text: chosen[1].label }, type: log(chosen[1]) } });
  };
  const chooser = scatterChooser(() => drawScatter());
  main.replaceChildren(title, note, element("h2", {}, "Runs"), table.node, element("h2", {}, "Progress"),
    element("div", { class: "charts pair" }, curvesPlace, bestPlace),
    element("h2", {}, "Parameters"), parallelPlace,
    element("div", { class: "charts halves" }, element("div", {}, importancePlace, element("p", { class: "note", id: "importance-note" })), element("div", {}, chooser.node, scatterPlace)));
  return async () => {
    const sweep = last = await fetchJson(`/page-data/sweeps/${name}`);
    where.textContent = sweep.path;
    title.textContent = sweep.name;
    note.textContent = factsText(SWEEP_FACTS, sweep);
    table.show(sweep.rows, sweep);
    performance.mark("interactive");
    const curves = await fetchJson(`/page-data/sweeps/${name}/curves`);
    await chart(curvesPlace, curveTraces(sweep, curves), `${sweep.metric ?? ""} by step`);
    await chart(bestPlace, bestSoFar(sweep), "best value so far, by run");
    await drawScatter();
    const lines = parallel(sweep);
    if (sweep.parameters.length) await chart(parallelPlace, lines.traces, "parameters of all runs; the strong lines are the best tenth", lines.layout);
    const importances = await fetchJson(`/page-data/sweeps/${name}/importance`);
    document.getElementById("importance-note").textContent = importances.length ? "share of each parameter in the total importance; whiskers: 10th to 90th percentile over random halves of the runs" : "importance needs 20 finished runs";
    if (importances.length) await chart(importancePlace, importanceTrace(importances), "importance of the parameters", { margin: { l: 190, r: 14, t: 36, b: 40 } });
    document.body.dataset.drawn = "yes";
  };
}
