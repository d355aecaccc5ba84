"use strict";
// Folded parts open where the address or a link points into them, by a button, and on paper.
const folds = [...document.querySelectorAll("main details")];

function reveal(target) {
  for (let each = target; each; each = each.parentElement) {
    if (each.tagName === "DETAILS") each.open = true;
  }
  const own = target.querySelector(":scope > details");
  if (own) own.open = true;
  target.scrollIntoView();
}

function revealAddress() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) reveal(target);
}

addEventListener("hashchange", revealAddress);
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (link && link.hash === location.hash) revealAddress(); // the address does not change
});
revealAddress();

const unfold = document.getElementById("unfold");
if (unfold) {
  const showWhat = () => {
    unfold.textContent = folds.every((each) => each.open) ? "Close all parts" : "Open all parts";
  };
  unfold.addEventListener("click", () => {
    const open = !folds.every((each) => each.open);
    folds.forEach((each) => { each.open = open; });
  });
  folds.forEach((each) => each.addEventListener("toggle", showWhat));
}

let closed = [];
addEventListener("beforeprint", () => {
  closed = folds.filter((each) => !each.open);
  closed.forEach((each) => { each.open = true; });
});
addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
