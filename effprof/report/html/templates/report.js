"use strict";
// Draws the charts for the setting, batch size and network that are chosen.
const page = JSON.parse(document.getElementById("charts").textContent);
const choices = Object.fromEntries(
  ["setting", "batch", "network"].map((name) => [name, document.getElementById(name)]));
const views = {};

function fill(select, values, preferred) {
  const kept = values.map(String).includes(select.value) ? select.value : String(preferred);
  select.replaceChildren(...values.map((value, place) => {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = select === choices.setting ? page.settings[place].name : value;
    return option;
  }));
  select.value = kept;
  select.disabled = values.length < 2;
}

function fillChoices() {
  const setting = page.settings[Number(choices.setting.value)];
  const subject = setting.networks.find((name) => name !== setting.reference);
  fill(choices.batch, setting.batches, setting.batches[setting.batches.length - 1]);
  fill(choices.network, setting.networks, subject ?? setting.reference);
}

// The rows of a chart that fit the choices, as objects.
function chosenRows(chart) {
  const [columns, ...rows] = chart.rows[Number(choices.setting.value)];
  return rows
    .map((row) => Object.fromEntries(columns.map((name, place) => [name, row[place]])))
    .filter((row) => chart.by.every(
      (name) => row[name] === undefined || row[name] === null
        || String(row[name]) === choices[name].value));
}

// A chart whose lines are names is as high as its lines together.
function heightOf({ usermeta }, rows) {
  if (!usermeta) return {};
  const lines = rows.map((row) => usermeta.lines.map((name) => row[name]).join("\n"));
  return { height: new Set(lines).size * usermeta.height };
}

const isClosed = (place) => place.closest("details:not([open])") !== null;

// What a closed part holds has no width of its own: it gets that of the page, and is drawn again
// when the part is opened.
async function draw(place) {
  const closed = isClosed(place);
  await embed(place, closed ? { width: document.querySelector("main").clientWidth } : {});
  place.toggleAttribute("data-closed", closed);
}

async function embed(place, width) {
  const name = place.dataset.chart;
  const chart = page.charts[name];
  const values = chosenRows(chart);
  const setting = page.settings[Number(choices.setting.value)];
  place.closest("figure").querySelector("figcaption span").textContent =
    [": " + setting.name, ...chart.by.map((by) => (by === "batch" ? "batch " : "") + choices[by].value)]
      .join(", ");
  views[name]?.finalize();
  delete views[name];
  if (values.length === 0) {
    place.textContent = "Nothing was measured that this chart could show of this choice.";
    return;
  }
  const chosen = { network: choices.network.value, reference: setting.reference };
  const spec = {
    ...chart.spec,
    ...heightOf(chart.spec, values),
    ...width,
    data: { name: "rows", values },
    params: chart.spec.params.map((each) => ({ ...each, value: chosen[each.name] ?? each.value })),
  };
  views[name] = await vegaEmbed(place, spec, {
    mode: "vega-lite", actions: false, renderer: "svg", ast: true, defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  });
}

async function drawAll() {
  document.body.dataset.charts = "drawing";
  const places = [...document.querySelectorAll("[data-chart]")];
  places.sort((one, other) => isClosed(one) - isClosed(other)); // what is seen is drawn first
  for (const place of places) await draw(place);
  document.body.dataset.charts = "drawn";
}

function choose() {
  fillChoices();
  const { setting, batch, network } = choices;
  document.getElementById("told").textContent =
    `Charts show ${page.settings[Number(setting.value)].name}, batch ${batch.value}, ${network.value}`;
  return drawAll();
}

document.querySelectorAll("details").forEach((part) => part.addEventListener("toggle", async () => {
  if (part.open) for (const place of part.querySelectorAll("[data-closed]")) await draw(place);
}));
fill(choices.setting, page.settings.map((_, place) => place), 0);
Object.values(choices).forEach((select) => select.addEventListener("change", choose));
choose();
