// Which module runs when.
//
// So many at once as the caller says. Modules that share an alias take turns, for the suite ends the one before; modules
// that rotate keys run last and alone, for a rotation fails every other module in flight at the same issuer.

// `jobs` may have `alias` and `rotate`. `run` makes a result of a job and does not throw. Results keep the order of jobs.
export async function schedule(jobs, atOnce, run) {
  const results = new Map();
  const waiting = jobs.filter((job) => !job.rotate);
  const busy = new Set();
  let wake = () => {};

  async function worker() {
    while (waiting.length > 0) {
      const next = waiting.findIndex((job) => !busy.has(job.alias));
      if (next < 0) {
        await new Promise((resolve) => {
          const before = wake;
          wake = () => (before(), resolve());
        });
        continue;
      }
      const [job] = waiting.splice(next, 1);
      if (job.alias) busy.add(job.alias);
      results.set(job, await run(job));
      busy.delete(job.alias);
      const waken = wake;
      wake = () => {};
      waken();
    }
  }

  await Promise.all(Array.from({ length: atOnce }, worker));
  for (const job of jobs) if (job.rotate) results.set(job, await run(job));
  return jobs.map((job) => results.get(job));
}
