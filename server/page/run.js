// The view of a run: its metrics, samples, configuration, summary, console and files.
import { accent, chart } from "./charts.js";
import { element, fetchJson, formatted } from "./dom.js";
import { RUN_FACTS, factsText } from "./fields.js";

// Number of rows to show of each logged table.
const SAMPLE_ROWS = 20;

function pairs(mapping) {
  return element("table", { class: "pairs" }, element("tbody", {}, ...Object.entries(mapping).filter(([k]) => !k.startsWith("_wandb"))
    .map(([key, value]) => element("tr", {}, element("th", { scope: "row" }, key), element("td", {}, formatted(value))))));
}

async function sampleTable(base, file) {
  const { columns, data } = await fetchJson(`${base}/${file.name}`);
  return element("div", {}, element("p", { class: "note" }, `${file.name}: ${data.length} rows`), element("div", { class: "scroll" },
    element("table", { class: "samples" }, element("thead", {}, element("tr", {}, ...columns.map((c) => element("th", { scope: "col" }, String(c))))),
      element("tbody", {}, ...data.slice(0, SAMPLE_ROWS).map((row) => element("tr", {}, ...row.map((v) => element("td", {}, formatted(v)))))))));
}

export function runView(main, where, entity, project, name) {
  const base = `/files/${entity}/${project}/${name}`;
  const section = (label, node) => [element("h2", {}, label), node];
  const title = element("h1", { id: "title" }), note = element("p", { class: "note", id: "note" }), up = element("p");
  const charts = element("div", { id: "charts", class: "charts" });
  const config = element("div", { id: "config" }), summary = element("div", { id: "summary" });
  const console_ = element("pre", { id: "console", tabindex: "0", "aria-label": "console" });
  const files = element("ul", { id: "files" }), samples = element("div", { id: "samples" });
  main.replaceChildren(title, note, up, ...section("Metrics", charts), ...section("Samples", samples), ...section("Configuration", config),
    ...section("Summary", summary), ...section("Console", console_), ...section("Files", files));
  const places = new Map();
  let sampled = "";
  return async () => {
    const run = await fetchJson(`/page-data/runs/${entity}/${project}/${name}`);
    where.textContent = `${entity}/${project}/${name}`;
    title.textContent = run.name || run.id;
    note.textContent = factsText(RUN_FACTS, run);
    up.replaceChildren(run.sweep ? element("a", { href: `/${run.sweep}` }, "sweep of this run") : "");
    config.replaceChildren(pairs(run.config));
    summary.replaceChildren(pairs(run.summary));
    console_.textContent = run.console.join("\n");
    files.replaceChildren(...run.files.map((file) => element("li", {}, element("a", { href: `${base}/${file.name}` }, file.name), ` ${file.size} bytes`)));
    performance.mark("interactive");
    const tables = run.files.filter((f) => f.name.endsWith(".table.json")).slice(-3);
    const images = run.files.filter((f) => f.name.startsWith("media/images/")).slice(-6);
    const now = JSON.stringify([tables, images]);
    if (now !== sampled) {
      sampled = now;
      samples.replaceChildren(...await Promise.all(tables.map((f) => sampleTable(base, f))),
        ...images.map((f) => element("img", { src: `${base}/${f.name}`, alt: f.name })));
      if (!tables.length && !images.length) samples.textContent = "no tables or images logged";
    }
    for (const curve of run.curves) {
      if (!places.has(curve.id)) { places.set(curve.id, element("div", { class: "chart" })); charts.append(places.get(curve.id)); }
      await chart(places.get(curve.id), [{ x: curve.x, y: curve.y, mode: curve.x.length > 1 ? "lines" : "markers", line: { width: 1.4, color: accent() } }], curve.id);
    }
    document.body.dataset.drawn = "yes";
  };
}
