// Runs the script of an actions/github-script step on a GitHub that only remembers: stdin holds
// the script, its context and what every list holds; printed is what the script asked for.
const { readFileSync } = require("node:fs");

const { script, context, listed } = JSON.parse(readFileSync(0, "utf8"));
const calls = [];
const issues = new Proxy(
  {},
  { get: (_, name) => async (options) => void calls.push({ name, ...options }) }
);
const github = { rest: { issues }, paginate: async () => listed };
const AsyncFunction = (async () => {}).constructor;
const step = new AsyncFunction("github", "context", "require", script);
step(github, context, require).then(() => console.log(JSON.stringify(calls)));
