// The page: reads /page-data and draws it; looks again every few seconds while it is visible.
const REFRESH_MS = 4000;
const main = document.getElementById("main");
const where = document.getElementById("where");

async function fetchJson(path) {
  // The origin carries no credentials, which fetch refuses when someone opens http://api:KEY@host.
  const answer = await fetch(new URL(path, location.origin));
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.json();
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.map((child) => child ?? ""));
  return made;
}

function shown(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toPrecision(5).replace(/\.?0+$/, "");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function duration(seconds) {
  if (seconds === null) return "";
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.round(seconds)} s`;
}

function table(columns, rows, sorting, redraw) {
  const head = columns.map((column) => {
    const pressed = sorting.key === column.key;
    const label = column.label + (pressed ? (sorting.descending ? " ↓" : " ↑") : "");
    const press = () => {
      sorting.descending = pressed ? !sorting.descending : true;
      sorting.key = column.key;
      redraw();
    };
    const order = pressed ? (sorting.descending ? "descending" : "ascending") : null;
    return element("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": order },
      element("button", { type: "button", onclick: press }, label));
  });
  const sorted = [...rows];
  const column = columns.find((c) => c.key === sorting.key);
  if (column) {
    const worth = (row) => { const v = column.value(row); return v === null || v === undefined ? null : v; };
    sorted.sort((a, b) => {
      const [x, y] = [worth(a), worth(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
      return sorting.descending ? -order : order;
    });
  }
  const body = sorted.map((row) => element("tr", {}, ...columns.map((c) =>
    element("td", { class: [c.number ? "number" : "", c.mark ? c.mark(row) : ""].join(" ").trim() || null },
      c.cell ? c.cell(row) : shown(c.value(row))))));
  return element("div", { class: "scroll" },
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body)));
}

function layout(title, extra = {}) {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim(), line = style.getPropertyValue("--line").trim();
  return {
    title: { text: title, font: { size: 13 } }, margin: { l: 50, r: 12, t: 34, b: 36 },
    paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { color: ink },
    xaxis: { gridcolor: line, zerolinecolor: line }, yaxis: { gridcolor: line, zerolinecolor: line },
    showlegend: false, ...extra,
  };
}

function chart(place, traces, title, extra) {
  window.Plotly.react(place, traces, layout(title, extra), { displayModeBar: false, responsive: true });
}

const sorting = { key: null, descending: true };

function runColumns(sweep) {
  const link = (row) => element("a", { href: `/${sweep.project}/runs/${row.id}` }, row.name || row.id);
  return [
    { key: "name", label: "run", value: (r) => r.name, cell: link },
    { key: "state", label: "state", value: (r) => r.stopped ? `${r.state}, stopped` : r.state, mark: (r) => r.stopped ? "stopped" : r.state },
    { key: "value", label: sweep.metric || "value", value: (r) => r.value, number: true },
    { key: "logged", label: "logged", value: (r) => r.logged, number: true },
    { key: "rung", label: "rung", value: (r) => r.rung, number: true },
    { key: "step", label: "step", value: (r) => r.step, number: true },
    { key: "seconds", label: "duration", value: (r) => r.seconds, cell: (r) => duration(r.seconds), number: true },
    ...sweep.parameters.map((name) => ({ key: `p:${name}`, label: name, value: (r) => r.parameters[name], number: true })),
    { key: "why", label: "why stopped", value: (r) => r.why, mark: () => "why" },
  ];
}

function bestSoFar(sweep) {
  const better = sweep.goal === "maximize" ? Math.max : Math.min;
  let best = null;
  const x = [], y = [];
  sweep.rows.forEach((row, index) => {
    if (row.value === null) return;
    best = best === null ? row.value : better(best, row.value);
    x.push(index + 1);
    y.push(best);
  });
  return { x, y, mode: "lines", line: { shape: "hv" } };
}

async function showList() {
  const sweeps = await fetchJson("/page-data/sweeps");
  where.textContent = "";
  if (!sweeps.length) {
    main.replaceChildren(element("p", {}, "No sweeps yet. Register one with "), element("code", {}, "wandb sweep sweep_config.yaml"));
    return;
  }
  const columns = [
    { key: "name", label: "sweep", value: (s) => s.name, cell: (s) => element("a", { href: `/${s.path}` }, s.name) },
    { key: "project", label: "project", value: (s) => s.project },
    { key: "state", label: "state", value: (s) => s.state.toLowerCase() },
    { key: "method", label: "method", value: (s) => s.method },
    { key: "metric", label: "metric", value: (s) => s.metric },
    { key: "runs", label: "runs", value: (s) => Object.values(s.runs).reduce((a, b) => a + b, 0), number: true },
  ];
  main.replaceChildren(element("h1", {}, "Sweeps"), table(columns, sweeps, sorting, refresh));
}

async function showSweep(name) {
  const [sweep, curves] = await Promise.all([fetchJson(`/page-data/sweeps/${name}`), fetchJson(`/page-data/sweeps/${name}/curves`)]);
  where.textContent = sweep.path;
  const counts = Object.entries(sweep.runs).map(([state, count]) => `${count} ${state}`).join(", ") || "no runs yet";
  const note = `${sweep.state.toLowerCase()}${sweep.why ? ` (${sweep.why})` : ""} · ${sweep.method} · ${counts}`;
  if (!document.getElementById("curves")) {
    main.replaceChildren(element("h1", { id: "title" }), element("p", { class: "note", id: "note" }),
      element("div", { class: "charts pair" }, element("div", { id: "curves", class: "chart wide" }), element("div", { id: "best", class: "chart wide" })),
      element("h2", {}, "Runs"), element("div", { id: "runs" }));
  }
  document.getElementById("title").textContent = sweep.name;
  document.getElementById("note").textContent = note;
  document.getElementById("runs").replaceChildren(table(runColumns(sweep), sweep.rows, sorting, refresh));
  const names = Object.fromEntries(sweep.rows.map((row) => [row.id, row.name || row.id]));
  const traces = curves.map((c) => ({ x: c.x, y: c.y, name: names[c.id], mode: "lines+markers", marker: { size: 4 }, line: { width: 1.2 } }));
  chart("curves", traces, `${sweep.metric ?? ""} by step`);
  chart("best", [bestSoFar(sweep)], "best so far, by run");
}

async function showRun(entity, project, name) {
  const run = await fetchJson(`/page-data/runs/${entity}/${project}/${name}`);
  where.textContent = `${entity}/${project}/${name}`;
  if (!document.getElementById("charts")) {
    main.replaceChildren(element("h1", { id: "title" }), element("p", { class: "note", id: "note" }),
      element("p", { id: "sweep" }), element("div", { id: "charts", class: "charts" }),
      element("h2", {}, "Configuration"), element("pre", { id: "config" }),
      element("h2", {}, "Summary"), element("pre", { id: "summary" }),
      element("h2", {}, "Console"), element("pre", { id: "console", tabindex: "0" }),
      element("h2", {}, "Files"), element("ul", { id: "files" }));
  }
  document.getElementById("title").textContent = run.name || run.id;
  document.getElementById("note").textContent = [run.state, run.why, duration(run.seconds)].filter(Boolean).join(" · ");
  document.getElementById("sweep").replaceChildren(run.sweep ? element("a", { href: `/${run.sweep}` }, "to its sweep") : "");
  const charts = document.getElementById("charts");
  for (const curve of run.curves) {
    const id = `chart-${curve.id}`;
    if (!document.getElementById(id)) charts.append(element("div", { id, class: "chart" }));
    chart(id, [{ x: curve.x, y: curve.y, mode: "lines", line: { width: 1.4 } }], curve.id);
  }
  document.getElementById("config").textContent = JSON.stringify(run.config, null, 2);
  document.getElementById("summary").textContent = JSON.stringify(run.summary, null, 2);
  document.getElementById("console").textContent = run.console.join("\n");
  document.getElementById("files").replaceChildren(...run.files.map((file) =>
    element("li", {}, element("a", { href: `/files/${entity}/${project}/${name}/${file.name}` }, file.name), ` ${file.size} bytes`)));
}

function view() {
  const parts = location.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  if (parts.length === 4 && parts[2] === "sweeps") return showSweep(parts[3]);
  if (parts.length === 4 && parts[2] === "runs") return showRun(parts[0], parts[1], parts[3]);
  return showList();
}

async function refresh() {
  try {
    await view();
  } catch (error) {
    where.textContent = `cannot read the server: ${error.message}`;
  }
}

await refresh();
setInterval(() => { if (!document.hidden) refresh(); }, REFRESH_MS);
