// Charts. The library is loaded for the first chart, so that the table appears before it.
let loading = null;

function library() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/static/plotly.min.js";
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("the charts cannot be loaded"));
    document.head.append(script);
  });
  return loading;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// The colour at a position of the colour scale, from 0 (weakest) to 1 (strongest).
export function shadeOf(share) {
  const [cold, hot] = ["--cold", "--hot"].map((name) => [1, 3, 5].map((i) => parseInt(colour(name).slice(i, i + 2), 16)));
  return `rgb(${cold.map((c, i) => Math.round(c + share * (hot[i] - c))).join(",")})`;
}

export function scale() {
  return [[0, colour("--cold")], [1, colour("--hot")]];
}

function layout(title, extra = {}) {
  const ink = colour("--ink"), line = colour("--line");
  const axis = { gridcolor: line, zerolinecolor: line, automargin: true };
  return {
    margin: { l: 52, r: 14, t: 36, b: 40 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
    font: { color: ink, size: 12 }, showlegend: false, hovermode: "closest", colorway: colour("--series").split(" "), ...extra,
    title: { text: title, font: { size: 13 }, yref: "container", y: 1, yanchor: "top", pad: { t: 10 } }, xaxis: { ...axis, ...extra.xaxis }, yaxis: { ...axis, ...extra.yaxis },
  };
}

export async function chart(place, traces, title, extra) {
  const Plotly = await library();
  if (!place.isConnected) return;
  await Plotly.react(place, traces, layout(title, extra), { displayModeBar: false, responsive: true });
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", title);
}

export const quiet = () => colour("--quiet");
export const accent = () => colour("--link");
