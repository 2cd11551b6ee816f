// The server's own metrics, read from its Prometheus text exposition (format 0.0.4).

/** A snapshot: when it was taken (seconds) and its samples by family name, each `{labels, value}`. */
export function parse(text) {
  const samples = new Map();
  for (const line of text.split("\n")) {
    if (!line || line.startsWith("#")) continue;
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)) labels[name] = value;
    if (!samples.has(match[1])) samples.set(match[1], []);
    samples.get(match[1]).push({ labels, value: match[3] === "+Inf" ? Infinity : Number(match[3]) });
  }
  return { at: performance.now() / 1000, samples };
}

/** The sum of a family's samples that `keep` wants; undefined when the family is not there. */
export function sum(snapshot, name, keep = () => true) {
  const all = snapshot.samples.get(name);
  return all?.filter((one) => keep(one.labels)).reduce((total, one) => total + one.value, 0);
}

/** Growth of a counter per second between two snapshots. */
export function rate(before, now, name, keep) {
  const grown = (sum(now, name, keep) ?? 0) - (sum(before, name, keep) ?? 0);
  return Math.max(0, grown) / (now.at - before.at);
}

/**
 * A quantile of what a histogram took in between two snapshots, in its unit: linear inside the bucket, as Prometheus'
 * `histogram_quantile` has it. NaN when nothing came in.
 */
export function quantile(before, now, name, share, keep) {
  const bounds = new Map();
  const add = (snapshot, sign) => {
    for (const { labels, value } of snapshot.samples.get(`${name}_bucket`) ?? []) {
      if (keep && !keep(labels)) continue;
      const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
      bounds.set(bound, (bounds.get(bound) ?? 0) + sign * value);
    }
  };
  add(now, 1);
  add(before, -1);
  const buckets = [...bounds].sort((a, b) => a[0] - b[0]);
  const all = buckets.at(-1)?.[1] ?? 0;
  if (!all) return NaN;
  const rank = share * all;
  let lower = 0;
  let below = 0;
  for (const [bound, count] of buckets) {
    if (count >= rank) {
      if (bound === Infinity) return lower;
      return lower + (bound - lower) * ((rank - below) / Math.max(count - below, 1e-9));
    }
    lower = bound;
    below = count;
  }
  return lower;
}
