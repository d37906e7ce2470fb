// What a run is told as: the table on the terminal, and the text of RESULTS.md.

import { createHash } from "node:crypto";

export const RESULTS = ["PASSED", "REVIEW", "SKIPPED", "WARNING", "FAILED", "INTERRUPTED"];

// One row for each plan, in the order in which they were given: { plan, runs, PASSED, … }.
export function counts(plans, runs) {
  return plans.map((plan) => {
    const own = runs.filter((run) => run.plan === plan);
    const row = { plan, runs: own.length };
    for (const result of RESULTS) row[result] = own.filter((run) => run.result === result).length;
    return row;
  });
}

export function sum(rows) {
  const total = { plan: "Sum", runs: 0 };
  for (const key of ["runs", ...RESULTS]) total[key] = rows.reduce((so_far, row) => so_far + row[key], 0);
  return total;
}

// Module, result, first failing condition: one line for each run, aligned.
export function runTable(runs) {
  const cells = runs.map((run) => [
    run.plan,
    `${run.module} (${run.responseType})`,
    run.result,
    run.fault ?? run.condition ?? "",
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...cells.map((row) => row[column].length)));
  return cells
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
    .join("\n");
}

// The whole text of RESULTS.md. `run` is { date, commit, suite, providers, seconds, groups, runs, wrong, accepted,
// exports } and every number in the text is counted here.
export function resultsText(run) {
  const { suite, groups, runs } = run;
  const parts = [
    "# Results of the OpenID Foundation conformance suite",
    "Written whole by `conformance/run.mjs`; not to be edited.",
    [
      `- Suite: ${suite.version}, commit ${suite.revision}`,
      `- Fuxin: commit ${run.commit}`,
      `- Date: ${run.date}`,
      `- Issuer: ${run.providers.join(", ")}`,
      `- Time: ${run.seconds} s, ${run.atOnce} modules at once`,
      `- Verdict: ${verdict(run)}`,
    ].join("\n"),
  ];
  for (const group of groups) {
    const rows = counts(group.plans, runs);
    parts.push(`## ${group.title}`);
    if (group.text) parts.push(group.text);
    if (group.differences) parts.push(group.differences.map((difference) => `- ${difference}`).join("\n"));
    parts.push(markdown([...rows, sum(rows)]));
  }
  parts.push("## Plans", planTable(run), "## Accepted results", acceptedTable(run));
  if (run.wrong.length > 0) parts.push("## What is wrong", run.wrong.map((line) => `- ${line}`).join("\n"));
  return `${parts.join("\n\n")}\n`;
}

function verdict({ runs, wrong, accepted }) {
  if (wrong.length > 0) return `**not clean: ${wrong.length} unexpected**`;
  const reviewed = runs.filter((run) => run.result !== "PASSED").length;
  return `clean: ${runs.length - reviewed} passed, ${reviewed} accepted of ${accepted.length} accepted results`;
}

function markdown(rows) {
  const head = ["plan", "runs", ...RESULTS];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:")))]
    .concat(rows.map((row) => line(head.map((key) => row[key]))))
    .join("\n");
}

function planTable({ planIds, exports }) {
  const lines = ["| plan | name in the suite | id | SHA-256 of the export |", "| --- | --- | --- | --- |"];
  for (const { plan, planName, id } of planIds) {
    lines.push(`| ${plan} | ${planName} | ${id} | ${exports.get(plan) ?? "not exported"} |`);
  }
  return lines.join("\n");
}

function acceptedTable({ accepted }) {
  const reasons = new Map();
  for (const { result, reason } of accepted) {
    const key = `${result} | ${reason}`;
    reasons.set(key, (reasons.get(key) ?? 0) + 1);
  }
  const lines = ["| runs | result | reason |", "| ---: | --- | --- |"];
  for (const [key, number] of reasons) lines.push(`| ${number} | ${key} |`);
  return lines.join("\n");
}

// Every (module, condition) once, in order.
export function conditionList(runs) {
  const lines = runs.flatMap((run) => [...(run.conditions ?? [])].map((condition) => `${run.module}\t${condition}`));
  return `${[...new Set(lines)].sort().join("\n")}\n`;
}

export function digest(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
