// How the page shows each field. A new field needs one entry here and one key in `data.py`.
//
// A fact is a function from the data to a text; empty facts are left out. A column has a `key`, a `label` and a
// function `value` of a row. It may have `cell` (the content of the cell, if it is not just the value), `number`
// (align to the right), `mark` (a CSS class) and `unplotted` (not offered in the scatter plot).
import { duration, element } from "./dom.js";

export function factsText(facts, data) {
  return facts.map((fact) => fact(data)).filter(Boolean).join(" · ");
}

export const SWEEP_LIST_COLUMNS = [
  { key: "name", label: "sweep", value: (s) => s.name, cell: (s) => element("a", { href: `/${s.path}` }, s.name) },
  { key: "project", label: "project", value: (s) => s.project },
  { key: "state", label: "state", value: (s) => s.state.toLowerCase() },
  { key: "method", label: "method", value: (s) => s.method },
  { key: "metric", label: "metric", value: (s) => s.metric },
  { key: "runs", label: "runs", value: (s) => Object.values(s.runs).reduce((a, b) => a + b, 0), number: true },
];

export const SWEEP_FACTS = [
  (s) => `${s.state.toLowerCase()}${s.why ? ` (${s.why})` : ""}`,
  (s) => s.method,
  (s) => s.metric && `${s.goal} ${s.metric}`,
  (s) => Object.entries(s.runs).map(([state, count]) => `${count} ${state}`).join(", ") || "no runs yet",
];

export function runColumns(sweep) {
  const link = (row) => element("a", { href: `/${sweep.project}/runs/${row.id}` }, row.name || row.id);
  return [
    { key: "name", label: "run", value: (r) => r.name || r.id, cell: link, unplotted: true },
    { key: "state", label: "state", value: (r) => (r.stopped ? `${r.state}, stopped` : r.state), mark: (r) => (r.stopped ? "stopped" : r.state) },
    { key: "outcome", label: "outcome", value: (r) => r.outcome },
    { key: "value", label: sweep.metric || "value", value: (r) => r.value, number: true },
    { key: "rung", label: "rung", value: (r) => r.rung, number: true },
    { key: "step", label: "step", value: (r) => r.step, number: true },
    { key: "seconds", label: "duration", value: (r) => r.seconds, cell: (r) => duration(r.seconds), number: true },
    { key: "why", label: "why stopped", value: (r) => r.why, mark: () => "why", unplotted: true },
    ...sweep.parameters.map(({ name }) => ({ key: `p:${name}`, label: name, value: (r) => r.parameters[name], number: true })),
  ];
}

export const RUN_FACTS = [(r) => r.state, (r) => r.outcome, (r) => r.why, (r) => duration(r.seconds)];
