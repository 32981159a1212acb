// The page: selects the view for the URL, and refreshes it every few seconds while the page is visible.
import { element, fetchJson, sortedTable } from "./dom.js";
import { SWEEP_LIST_COLUMNS } from "./fields.js";
import { runView } from "./run.js";
import { sweepView } from "./sweep.js";

const REFRESH_MS = 4000;
const main = document.getElementById("main");
const where = document.getElementById("where");

function listView() {
  const table = sortedTable(() => SWEEP_LIST_COLUMNS);
  const empty = element("p", {}, "No sweeps yet. Register one with ", element("code", {}, "wandb sweep sweep_config.yaml"));
  main.replaceChildren(element("h1", {}, "Sweeps"), empty, table.node);
  return async () => {
    const sweeps = await fetchJson("/page-data/sweeps");
    empty.hidden = sweeps.length > 0;
    table.node.hidden = !sweeps.length;
    table.show(sweeps, null);
    performance.mark("interactive");
    document.body.dataset.drawn = "yes";
  };
}

function viewOfUrl() {
  const parts = location.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  if (parts.length === 4 && parts[2] === "sweeps") return sweepView(main, where, parts[3]);
  if (parts.length === 4 && parts[2] === "runs") return runView(main, where, parts[0], parts[1], parts[3]);
  return listView();
}

const view = viewOfUrl();
let busy = false;

async function refresh() {
  if (busy) return;
  busy = true;
  try {
    await view();
    document.getElementById("problem").textContent = "";
  } catch (error) {
    document.getElementById("problem").textContent = `cannot read from the server: ${error.message}`;
  } finally {
    busy = false;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !["INPUT", "SELECT"].includes(document.activeElement.tagName)) {
    event.preventDefault();
    document.getElementById("filter")?.focus();
  }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
await refresh();
setInterval(() => { if (!document.hidden) refresh(); }, REFRESH_MS);
