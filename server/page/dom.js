// Shared by all views: elements, requests, formatting of values, and a table that sorts and filters.

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.map((child) => child ?? ""));
  return node;
}

export async function fetchJson(path) {
  // `location.origin` has no credentials; fetch refuses a URL with them, such as http://api:KEY@host.
  const answer = await fetch(new URL(path, location.origin));
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.json();
}

export function formatted(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isInteger(value) || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e6) ? String(Number(value.toPrecision(Number.isInteger(value) ? 16 : 5))) : value.toExponential(2);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.round(seconds)} s`;
}

// Number of rows at first, since the layout of more is slow; a button shows the rest.
const FIRST_ROWS = 100;

// A table that keeps its sort order, its filter and its length when its rows change.
export function sortedTable(columnsOf) {
  const state = { key: null, descending: true, filter: "", all: false, data: null, rows: [] };
  const filter = element("input", { type: "search", placeholder: "filter rows  ( / )", "aria-label": "filter rows", id: "filter" });
  const count = element("span", { class: "quiet", role: "status" });
  const place = element("div", { class: "scroll" });
  const more = element("button", { type: "button", class: "plain", hidden: "" });
  filter.addEventListener("input", () => { state.filter = filter.value.toLowerCase(); draw(); });
  more.addEventListener("click", () => { state.all = true; draw(); });

  function ordered(columns) {
    const matching = state.rows.filter((row) => !state.filter ||
      columns.some((c) => formatted(c.value(row)).toLowerCase().includes(state.filter)));
    const column = columns.find((c) => c.key === state.key);
    if (!column) return matching;
    return matching.sort((a, b) => {
      const x = column.value(a) ?? null, y = column.value(b) ?? null;
      if (x === null || y === null) return (x === null) - (y === null);
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
      return state.descending ? -order : order;
    });
  }

  function draw() {
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const columns = columnsOf(state.data);
    const rows = ordered(columns);
    const visible = state.all ? rows : rows.slice(0, FIRST_ROWS);
    const head = columns.map((column) => {
      const pressed = state.key === column.key;
      const label = column.label + (pressed ? (state.descending ? " ↓" : " ↑") : "");
      const press = () => { state.descending = pressed ? !state.descending : true; state.key = column.key; draw(); };
      return element("th", { scope: "col", class: column.number ? "number" : null,
        "aria-sort": pressed ? (state.descending ? "descending" : "ascending") : null },
      element("button", { type: "button", "data-key": column.key, onclick: press }, label));
    });
    const body = visible.map((row) => element("tr", {}, ...columns.map((c) =>
      element("td", { class: [c.number ? "number" : "", c.mark ? c.mark(row) : ""].join(" ").trim() || null },
        c.cell ? c.cell(row) : formatted(c.value(row))))));
    place.replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body)));
    count.textContent = rows.length === state.rows.length ? `${rows.length}` : `${rows.length} of ${state.rows.length}`;
    more.hidden = visible.length === rows.length;
    more.textContent = `show all ${rows.length}`;
    if (focused) [...place.querySelectorAll("th button")].find((b) => b.dataset.key === focused)?.focus();
  }

  const node = element("div", {}, element("div", { class: "bar" }, filter, count), place, more);
  return { node, show(rows, data) { state.rows = [...rows]; state.data = data; draw(); } };
}
