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

// The formats in which a table is copied: from rows of texts, the first one the headings.
const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const piped = (text) => text.replaceAll("|", "\\|");
const IN_LATEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };
const texed = (text) => text.replace(/[&%$#_{}~^\\]/g, (sign) => IN_LATEX[sign] ?? `\\${sign}`);
const FORMATS = {
  CSV: (rows) => rows.map((row) => row.map(quoted).join(",")).join("\n"),
  Markdown: ([head, ...rows]) => [head, head.map(() => "---"), ...rows]
    .map((row) => `| ${row.map(piped).join(" | ")} |`).join("\n"),
  LaTeX: ([head, ...rows]) => [
    `\\begin{tabular}{${"l".padEnd(head.length, "r")}}`, "\\toprule",
    `${head.map(texed).join(" & ")} \\\\`, "\\midrule",
    ...rows.map((row) => `${row.map(texed).join(" & ")} \\\\`),
    "\\bottomrule", "\\end{tabular}",
  ].join("\n"),
};

function textsOf(table) {
  return [...table.rows].filter((row) => !row.hidden)
    .map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
}

// Where a page opened from disk may not use the clipboard, the text is shown, selected for copying.
async function copyText(text, beside) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const shown = document.createElement("textarea");
    shown.setAttribute("aria-label", "Press Ctrl+C to copy, then leave this field");
    shown.value = text;
    beside.after(shown);
    shown.addEventListener("blur", () => shown.remove());
    shown.select();
    return false;
  }
}

function addCopy(frame, table) {
  const choice = document.createElement("select");
  choice.className = "copies";
  choice.setAttribute("aria-label", `Copy ${frame.getAttribute("aria-label")}`);
  for (const name of ["Copy as …", ...Object.keys(FORMATS)]) choice.append(new Option(name));
  choice.addEventListener("change", async () => {
    const done = await copyText(FORMATS[choice.value](textsOf(table)), choice);
    choice.options[0].textContent = done ? `Copied as ${choice.value}` : "Copy as …";
    choice.selectedIndex = 0;
  });
  frame.after(choice);
}

for (const frame of document.querySelectorAll(".table")) {
  const table = frame.querySelector("table");
  if (table.tBodies.length === 0) continue;
  addCopy(frame, table);
  makeSortable(table);
  if (table.tBodies[0].rows.length >= FILTER_FROM && !frame.closest("[data-own]")) addFilter(frame, table);
}
