"use strict";
// Draws the charts for the setting, batch size and network that are chosen; the choice stands in
// the address. Families can be hidden, and charts saved as they are seen.
const page = JSON.parse(document.getElementById("charts").textContent);
const choices = Object.fromEntries(
  ["setting", "batch", "network"].map((name) => [name, document.getElementById(name)]));
const views = {};
const hidden = new Set(); // families

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

// The rows of a chart that fit the choices, as objects, those of hidden families too.
function fittingRows(chart) {
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
  const fitting = fittingRows(chart);
  const values = fitting.filter((row) => !hidden.has(row.family));
  addTools(place, name, fitting);
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
  views[name].view.addEventListener("click", (_, item) => chooseNetwork(item?.datum?.network));
}

// Buttons above a chart: one for each family in it, and one that saves it.
function addTools(place, name, rows) {
  const figure = place.closest("figure");
  let tools = figure.querySelector(".tools");
  if (!tools) {
    tools = document.createElement("div");
    tools.className = "tools";
    figure.querySelector("figcaption").after(tools);
  }
  const focused = document.activeElement?.dataset?.family;
  const families = [...new Set(rows.map((row) => row.family).filter(Boolean))];
  const buttons = families.length < 2 ? [] : families.map((family) => {
    const own = button(family, () => {
      if (!hidden.delete(family)) hidden.add(family);
      return drawAll();
    });
    own.dataset.family = family;
    own.setAttribute("aria-pressed", String(!hidden.has(family)));
    return own;
  });
  const inside = tools.contains(document.activeElement);
  tools.replaceChildren(...buttons, button("Save as SVG", () => save(place, name)));
  if (inside) buttons.find((each) => each.dataset.family === focused)?.focus();
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

// Other programs do not know the page's style sheet: its names of colours become colours.
function save(place, name) {
  const svg = place.querySelector("svg");
  if (!svg) return;
  const copy = svg.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const style = getComputedStyle(document.documentElement);
  const text = new XMLSerializer().serializeToString(copy)
    .replace(/var\((--\w+)\)/g, (_, each) => style.getPropertyValue(each).trim());
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  link.download = `${name}.svg`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function chooseNetwork(name) {
  if (!name || choices.network.value === name) return;
  if (![...choices.network.options].some((each) => each.value === name)) return;
  choices.network.value = name;
  writeAddress();
  choose();
}

// The rows of tables whose network is chosen stand out; pointing at a name chooses it.
const rowsOfTables = [...document.querySelectorAll("main .table tbody tr")];
function markRows() {
  for (const row of rowsOfTables) {
    row.classList.toggle("chosen", row.cells[0].textContent.trim() === choices.network.value);
  }
}
for (const row of rowsOfTables) {
  row.cells[0].addEventListener("click", () => chooseNetwork(row.cells[0].textContent.trim()));
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
  markRows();
  return drawAll();
}

// An address with a choice has names and values behind its #, one with a place has none.
function readAddress() {
  const told = new URLSearchParams(location.hash.slice(1));
  for (const [name, select] of Object.entries(choices)) {
    if ([...select.options].some((each) => each.value === told.get(name))) {
      select.value = told.get(name);
      fillChoices();
    }
  }
}

function writeAddress() {
  const told = Object.entries(choices).map(([name, select]) => [name, select.value]);
  history.replaceState(null, "", `#${new URLSearchParams(told)}`);
}

document.querySelectorAll("details").forEach((part) => part.addEventListener("toggle", async () => {
  if (part.open) for (const place of part.querySelectorAll("[data-closed]")) await draw(place);
}));
fill(choices.setting, page.settings.map((_, place) => place), 0);
fillChoices();
readAddress();
addEventListener("hashchange", () => {
  if (!location.hash.includes("=")) return; // a place of the page
  readAddress();
  choose();
});
Object.values(choices).forEach((select) => select.addEventListener("change", () => {
  writeAddress();
  choose();
}));
choose();
