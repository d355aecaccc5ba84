"use strict";
// Events and series are filtered by text and state, events sorted, commands copied.
function filterBy(what, elements) {
  const [text, state, count] = ["text", "state", "count"].map(
    (part) => document.getElementById(`${what}-${part}`));
  const apply = () => {
    count.textContent = `${filterElements(elements, text.value, state.value)} of ${elements.length}`;
  };
  text.addEventListener("input", apply);
  state.addEventListener("change", apply);
}

const ORDERS = {
  size: (a, b) => Number(b.dataset.size) - Number(a.dataset.size),
  night: (a, b) => b.dataset.night.localeCompare(a.dataset.night),
  name: (a, b) => a.dataset.name.localeCompare(b.dataset.name, undefined, { numeric: true }),
};

const events = document.getElementById("events");
if (events) {
  const articles = [...events.children];
  filterBy("events", articles);
  const sort = document.getElementById("events-sort");
  sort.addEventListener("change", () => events.append(...articles.sort(ORDERS[sort.value])));
}

const series = document.getElementById("series");
if (series) filterBy("series", [...series.querySelector("tbody").rows]);

async function copyCommand(button) {
  const done = await copyText(button.previousElementSibling.textContent, button);
  button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
}

document.querySelectorAll("button.copy").forEach(
  (button) => button.addEventListener("click", () => copyCommand(button)));
