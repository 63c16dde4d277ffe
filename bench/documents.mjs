// Documents of any length, and for each a line that must be complained of.

/**
 * @typedef {object} Sample
 * @property {string} basename name of the temporary document
 * @property {string} language
 * @property {string} bad one line that changes the diagnostics
 * @property {(i: number, n: number) => string} line line `i` of `n`
 */

/** @type {Record<string, Sample>} */
export const SAMPLES = {
  // nova.conf as operators have it: mostly commented reference text, some live options spread over many sections
  nova: {
    basename: 'nova.conf',
    language: 'nova-conf',
    bad: 'oops here',
    line: (i) => {
      if (i % 240 === 0) return ['[DEFAULT]', '[libvirt]', '[vnc]'][i / 240] ?? `[group_${i / 240}]`;
      const m = i % 12;
      if (m < 7) return `# reference text ${i}: what the option below does and when to change it`;
      if (m === 7) return '';
      return m < 10 ? `#option_${i} = <None>` : `option_${i} = value-${i}`;
    },
  },
  json: {
    basename: 'bench.json',
    language: 'json',
    bad: '  oops',
    line: (i, n) => (i === 0 ? '{' : i === n - 1 ? '  "last": 0\n}' : `  "key${i}": {"a": ${i}, "b": ["x", "y"]},`),
  },
  dockerfile: {
    basename: 'Dockerfile',
    language: 'dockerfile',
    bad: 'OOPS nonsense',
    line: (i) =>
      i === 0
        ? 'FROM alpine:3.20'
        : i % 3
          ? `RUN echo "step ${i}" && apk add --no-cache curl`
          : `ENV KEY${i}=value${i}`,
  },
  yaml: {
    basename: 'bench.yaml',
    language: 'yaml',
    bad: 'oops: [1, 2',
    line: (i) => (i % 5 === 0 ? `svc${i}:` : `  key${i}: "value ${i}"`),
  },
};

/** A file of exports of which every `lines / bad`-th line can be repaired. */
export function repairable(lines, bad) {
  const every = Math.floor(lines / bad);
  return Array.from({ length: lines }, (_, i) =>
    i % every === 1
      ? `/srv/vol${i} 10.0.${(i >> 8) & 255}.${i & 255} (rw,sync,no_subtree_check)`
      : `# what volume ${i} holds, and for whom`,
  ).join('\n');
}
