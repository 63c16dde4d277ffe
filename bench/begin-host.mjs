// Forked by begin.mjs: two nodes of the lab and a guest, sent away and called back turn by turn.
import { spawn } from 'node:child_process';
import { QUIET, startGuest } from '../test/migration/guests.ts';
import { Bench } from '../test/migration/while.ts';
import { noLab } from '../test/lab/lab.ts';
import { measures } from './forked.mjs';

/** MiB/s: nobody arrives before it is called back. */
const NARROW = 1;
/** Asks until there is a job, or none any more; looks so often that the asking itself is not what is measured. */
const JOB = 'until virsh -q domjobinfo "$1" | grep -q "$2"; do sleep 0.02; done';

// The lab ends with whoever started it.
process.on('disconnect', () => process.exit(1));
measures(measure);

/** ms from each confirmation, and from each start of ssh, until libvirt has the job. */
async function measure({ runs }) {
  if (noLab !== false) return { note: noLab };
  const bench = new Bench();
  await bench.start();
  try {
    const guest = await startGuest(bench.lab, 'compute1', 'bench', QUIET);
    const window = await bench.window();
    await window.read();
    const figures = { ssh: [], ours: [] };
    const by = { ssh: () => bySsh(bench.lab, guest), ours: () => window.migrate(guest, { bandwidth: NARROW }) };
    // The first of each is not counted: what is loaded once is loaded then.
    for (let i = 0; i <= runs; i++)
      for (const [name, begin] of Object.entries(by)) {
        const ms = await untilJob(bench.lab, window, guest, begin);
        if (i > 0) figures[name].push(ms);
      }
    return figures;
  } finally {
    await bench.stop();
  }
}

async function untilJob(lab, window, { uuid }, begin) {
  const until = (kind) => lab.must('compute1', ['sh', '-c', JOB, 'sh', uuid, kind]);
  const seen = until('Outgoing');
  // It has asked at least once by then.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const from = performance.now();
  const begun = begin();
  begun.catch(() => undefined);
  await Promise.race([seen, begun.then(() => seen)]);
  const ms = performance.now() - from;
  const view = await begun;
  await lab.must('compute1', ['virsh', '-q', 'domjobabort', uuid]);
  await until('None');
  // Ours has another begin only when it knows of the end.
  if (view) await window.until(({ id, outcome }) => id === view.id && outcome !== undefined);
  return ms;
}

/** The same words that livemig has for it. Resolves when ssh was started; how it ends is no matter. */
async function bySsh(lab, { uuid }) {
  const migrate = ['migrate', '--live', '--p2p', '--persistent', '--undefinesource', '--abort-on-error'];
  const way = ['--bandwidth', String(NARROW), '--domain', uuid, '--desturi', 'qemu+tcp://compute2/system'];
  const words = [
    '-F',
    lab.file('ssh_config'),
    `root@${lab.address('compute1')}`,
    'virsh',
    '-q',
    '-c',
    'qemu:///system',
    ...migrate,
    ...way,
  ];
  await new Promise((resolve, reject) => {
    spawn('ssh', words, { stdio: 'ignore' }).once('spawn', resolve).once('error', reject);
  });
}
