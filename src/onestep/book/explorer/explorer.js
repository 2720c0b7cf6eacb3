// Looks up what onestep.theory computed; computes nothing but a straight mixture of two neighbouring bulks.
document.querySelectorAll(".onestep-explorer:not([data-ready])").forEach((root) => {
  root.dataset.ready = "";
  const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const form = root.querySelector("form");
  const plots = Object.fromEntries([...root.querySelectorAll("[data-plot]")].map((p) => [p.dataset.plot, p]));
  const show = (value) => Number(value).toPrecision(3).replace(/^(\d\.\d+)e\+(\d+)$/, (all) => String(Number(all)));
  const dark = () => document.documentElement.dataset.theme === "dark";

  function style() {
    const ink = getComputedStyle(root).color;
    const colours = dark() ? ["#56b4e9", "#ff9a5c", "#4fd3a5", "#e39bc6"] : ["#0072b2", "#d55e00", "#009e73", "#a8508a"];
    const axis = { color: ink, gridcolor: dark() ? "#444c56" : "#d9dde1", zeroline: false, fixedrange: true };
    return { ink, colours, axis };
  }

  function layout(s, title, x, y, more = {}) {
    return {
      title: { text: title, x: 0, xref: "paper", y: 1, yref: "container", yanchor: "top", pad: { t: 8 }, font: { size: 15 } },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: s.ink, size: 13, family: getComputedStyle(root).fontFamily },
      margin: { l: 56, r: 12, t: 62, b: 46 },
      height: 300,
      dragmode: false,
      hovermode: "closest",
      legend: { orientation: "h", x: 0, y: 1.01, yanchor: "bottom" },
      xaxis: { ...s.axis, ...x },
      yaxis: { ...s.axis, ...y },
      ...more,
    };
  }

  function bulk(own, alpha) {
    const at = data.bulk_alphas;
    let k = at.findIndex((a) => a >= alpha);
    if (k <= 0) return own.density[k < 0 ? at.length - 1 : 0];
    const share = (alpha - at[k - 1]) / (at[k] - at[k - 1]);
    return own.density[k].map((high, i) => (1 - share) * own.density[k - 1][i] + share * high);
  }

  function draw(plot, traces, given) {
    if (!window.Plotly) return; // in a notebook, where only the sentence and the table are
    plot.dataset.traces = traces.length;
    Plotly.react(plot, traces, given, { displayModeBar: false, responsive: true });
  }

  function update() {
    const [i, activation, size, ridge] = ["step", "activation", "size", "ridge"].map((name) => +form[name].value);
    const own = data.cases[activation][size];
    const alpha = data.alphas[i];
    const found = own.outliers[i];
    const s = style();
    const step = `α = ${alpha.toFixed(3).replace(/0$/, "")}, η = ${show(data.steps[i])}`;
    form.querySelector("output").textContent = `= ${step.slice(4)}`;
    form.step.setAttribute("aria-valuetext", step);
    const positions = found.map((o) => show(o.at)).join(" and ");
    root.querySelector(".onestep-said").textContent =
      `${data.activations[activation]}, ${step}: ` +
      (found.length ? `${found.length === 1 ? "one outlier, at" : `${found.length} outliers, at`} ${positions}. ` : "no outlier. ") +
      `Training error ${show(own.train[ridge][i])} (untrained ${show(own.train0[ridge])}), ` +
      `test error ${show(own.test[ridge][i])} (untrained ${show(own.test0[ridge])}, linear model ${show(own.linear[ridge])}).`;
    root.querySelector("tbody").innerHTML = found
      .map((o, k) => `<tr><th scope="row">${k + 1}</th><td>${show(o.at)}</td>${o.overlaps.map((v) => `<td>${v.toFixed(3)}</td>`).join("")}</tr>`)
      .join("") || '<tr><th scope="row">none</th><td colspan="6">the step is too small</td></tr>';

    const density = bulk(own, alpha);
    const top = Math.max(...own.density.flat());
    const last = own.outliers.flat().reduce((m, o) => Math.max(m, o.at), own.x[own.x.length - 1]);
    const stems = found.map((o, k) => ({
      x: [o.at, o.at], y: [0, 0.55 * top], mode: "lines", line: { color: s.colours[1 + (k % 3)], width: 4 },
      name: `outlier ${k + 1}`, hovertemplate: `${show(o.at)}<extra>outlier ${k + 1}</extra>`,
    }));
    draw(plots.spectrum,
      [{ x: own.x, y: density, mode: "lines", fill: "tozeroy", name: "bulk", line: { color: s.colours[0], width: 2 }, hovertemplate: "%{x:.3g}<extra>bulk</extra>" }, ...stems],
      layout(s, "Spectrum of the features",
        { type: "log", range: [Math.log10(own.x[0]), Math.log10(1.3 * last)], title: { text: "eigenvalue of FFᵀ/n" }, dtick: 1 },
        { range: [0, 1.1 * top], title: { text: "density per unit of ln" } }, { showlegend: true }));
    const line = (y, name, k, dash) => ({ x: data.alphas, y, name, mode: "lines", line: { color: s.colours[k], width: 2, dash }, hovertemplate: "%{y:.4g}<extra>%{fullData.name}</extra>" });
    const flat = (value) => data.alphas.map(() => value);
    draw(plots.errors,
      [line(own.test[ridge], "test", 1), line(own.train[ridge], "training", 0), line(flat(own.linear[ridge]), "linear, test", 3, "dot"),
        { x: [alpha, alpha], y: [own.test[ridge][i], own.train[ridge][i]], mode: "markers", marker: { color: s.ink, size: 8 }, showlegend: false, hoverinfo: "skip" }],
      layout(s, "Errors", { title: { text: "α" }, range: [0, data.alphas[data.alphas.length - 1]] }, {},
        { shapes: [...data.thresholds.map((a) => ({ type: "line", x0: a, x1: a, yref: "paper", y0: 0, y1: 1, line: { color: s.axis.gridcolor, width: 1, dash: "dash" } })),
          { type: "line", x0: alpha, x1: alpha, yref: "paper", y0: 0, y1: 1, line: { color: s.ink, width: 1 } }] }));
    draw(plots.overlaps,
      found.map((o, k) => ({ type: "bar", x: o.overlaps.map((_, j) => j), y: o.overlaps, name: `outlier ${k + 1}`, marker: { color: s.colours[1 + (k % 3)] }, hovertemplate: "%{y:.3f}<extra>degree %{x}</extra>" })),
      layout(s, "What the outliers know", { title: { text: "degree" }, dtick: 1, range: [-0.5, 4.5] }, { range: [0, 1.05], title: { text: "squared overlap" } }, { showlegend: true }));
    plots.spectrum.setAttribute("aria-label", `Spectrum: a bulk and ${found.length} outliers${found.length ? ` at ${positions}` : ""}.`);
    plots.errors.setAttribute("aria-label", `Training and test error against α; at α = ${alpha} they are ${show(own.train[ridge][i])} and ${show(own.test[ridge][i])}.`);
    plots.overlaps.setAttribute("aria-label", found.map((o, k) => `Outlier ${k + 1}: squared overlap with degree 0 to 4: ${o.overlaps.map((v) => v.toFixed(2)).join(", ")}.`).join(" ") || "No outlier.");
  }

  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  new MutationObserver(update).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  update();
});
