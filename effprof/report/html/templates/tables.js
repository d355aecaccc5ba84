"use strict";
// Tables can be sorted by every column, and long ones filtered by text.
const FILTER_FROM = 8; // rows

function sortKey(cell) {
  return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
}

function compareCells(a, b) {
  const [one, other] = [sortKey(a), sortKey(b)];
  if (one !== null && other !== null) return one - other;
  if (one !== null || other !== null) return one === null ? 1 : -1; // what has no number comes last
  return a.textContent.localeCompare(b.textContent, undefined, { numeric: true });
}

function sortBy(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const down = heads[column].getAttribute("aria-sort") === "ascending";
  heads.forEach((head, place) =>
    head.setAttribute("aria-sort", place !== column ? "none" : down ? "descending" : "ascending"));
  const rows = [...table.tBodies[0].rows];
  const sign = down ? -1 : 1;
  rows.sort((a, b) => sign * compareCells(a.cells[column], b.cells[column]));
  table.tBodies[0].append(...rows);
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.title = "Sort by this column";
    button.addEventListener("click", () => sortBy(table, column));
    head.append(button);
    head.setAttribute("aria-sort", "none");
  });
}

// Shows the elements whose text holds `text` and whose state is `state`; gives how many.
function filterElements(elements, text, state = "") {
  const wanted = text.trim().toLowerCase();
  const shown = elements.filter((element) => {
    const fits = element.textContent.toLowerCase().includes(wanted)
      && (!state || element.dataset.state === state);
    element.hidden = !fits;
    return fits;
  });
  return shown.length;
}

function addFilter(frame, table) {
  const rows = [...table.tBodies[0].rows];
  const box = document.createElement("div");
  box.className = "filter";
  const label = document.createElement("label");
  const input = document.createElement("input");
  const count = document.createElement("span");
  input.type = "search";
  count.className = "muted";
  count.setAttribute("role", "status");
  label.append("Filter rows ", input);
  box.append(label, count);
  input.addEventListener("input", () => {
    count.textContent = `${filterElements(rows, input.value)} of ${rows.length}`;
  });
  frame.before(box);
}

for (const frame of document.querySelectorAll(".table")) {
  const table = frame.querySelector("table");
  if (table.tBodies.length === 0) continue;
  makeSortable(table);
  if (table.tBodies[0].rows.length >= FILTER_FROM && !frame.closest("[data-own]")) addFilter(frame, table);
}
