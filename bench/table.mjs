// One line for each server and size.
const number = (value) =>
  value === null || value === undefined ? '-' : value >= 100 ? value.toFixed(0) : value.toFixed(1);

export function table(rows) {
  const head = 'server       lines   start ms  open ms   edit ms first10/p50/p95   CPU ms/edit  peak MiB';
  const lines = rows.map((r) =>
    [
      r.server.padEnd(11),
      String(r.lines).padStart(6),
      number(r.startMs).padStart(10),
      number(r.openMs).padStart(8),
      `${number(r.editFirst10)}/${number(r.editP50)}/${number(r.editP95)}`.padStart(25),
      number(r.editCpuMs).padStart(13),
      number(r.peakMiB).padStart(9),
    ].join(' '),
  );
  return [head, ...lines].join('\n');
}
