// The results that are accepted although they are not PASSED: read from accepted.toml, and compared with what occurred.
//
// The file is a list of [[accepted]] tables. A table names plans, modules, response types and responses; each
// combination is an entry of its own, and an entry that did not occur is an error like any other.

const KEYS = ["plans", "modules", "response_types", "result", "reason"];

// Reads the part of TOML that the file uses: tables of one name, strings, and lists of strings.
export function parseAccepted(text) {
  const tables = [];
  const lines = joined(text);
  for (const { number, line } of lines) {
    if (line === "[[accepted]]") {
      tables.push({ number });
      continue;
    }
    const pair = /^([a-z_]+)\s*=\s*(.+)$/.exec(line);
    const table = tables.at(-1);
    if (!pair || !table || !KEYS.includes(pair[1]) || pair[1] in table) {
      throw new Error(`accepted.toml, line ${number}: not understood: ${line}`);
    }
    table[pair[1]] = value(pair[2], number);
  }
  return tables.flatMap(entries);
}

// Joins a list that goes over several lines; drops comments, which stand on lines of their own, and empty lines.
function joined(text) {
  const lines = [];
  let open;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (open) open.line += ` ${line}`;
    else lines.push({ number: index + 1, line });
    const last = lines.at(-1);
    open = /=\s*\[[^\]]*$/.test(last.line) ? last : undefined;
  }
  return lines;
}

function value(text, number) {
  try {
    // A TOML string or list of strings without escapes is JSON, but for a trailing comma.
    return JSON.parse(text.replace(/,\s*\]$/, "]"));
  } catch {
    throw new Error(`accepted.toml, line ${number}: not a string or a list of strings: ${text}`);
  }
}

function entries(table) {
  const missing = KEYS.filter((key) => !(key in table));
  if (missing.length > 0) throw new Error(`accepted.toml, line ${table.number}: without ${missing.join(", ")}`);
  const { plans, modules, response_types: responseTypes, result, reason } = table;
  if (reason.trim() === "") throw new Error(`accepted.toml, line ${table.number}: an empty reason`);
  return plans.flatMap((plan) =>
    modules.flatMap((module) => responseTypes.map((responseType) => ({ plan, module, responseType, result, reason }))),
  );
}

// What is wrong with these results: one sentence each. `runs` are { plan, module, responseType, result, condition,
// fault }; only entries of plans that were run are looked for.
export function wrongWith(runs, accepted) {
  const wrong = [];
  const open = new Map();
  for (const entry of accepted) {
    const key = keyOf(entry);
    if (open.has(key)) wrong.push(`accepted.toml names ${key} twice`);
    open.set(key, entry);
  }
  const occurred = new Set();
  for (const run of runs) {
    const key = keyOf(run);
    const entry = open.get(key);
    occurred.add(key);
    if (run.fault) {
      // What the driver saw explains the result, which may be nothing but the end of a module that it ended.
      wrong.push(`${key}: ${run.result}: ${run.fault}`);
    } else if (entry && run.result !== entry.result) {
      wrong.push(`${key}: ${run.result}, while accepted.toml expects ${entry.result}${because(run)}`);
    } else if (!entry && run.result !== "PASSED") {
      wrong.push(`${key}: ${run.result}${because(run)}`);
    }
  }
  const plans = new Set(runs.map((run) => run.plan));
  for (const [key, entry] of open) {
    if (plans.has(entry.plan) && !occurred.has(key)) wrong.push(`${key}: accepted, but it did not occur`);
  }
  return wrong;
}

function keyOf({ plan, module, responseType }) {
  return `${plan} ${module} (${responseType})`;
}

function because(run) {
  return run.condition ? `: ${run.condition}` : "";
}
