/** `virsh` on an embedded node: what livemig asks of a guest and of its migration, in libvirt's words. */
import type { Call, Ended } from './commands';
import { begin, VirshError, type EmbeddedMigration } from './migrations';
import type { EmbeddedNode } from './node';

const said = (stdout: string): Ended => ({ code: 0, stdout: stdout.endsWith('\n') ? stdout : `${stdout}\n` });
const failed = (words: string): Ended => ({ code: 1, stderr: words.replace(/^/gm, 'error: ') + '\n' });

const DOWN =
  "failed to connect to the hypervisor\nFailed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory";

/** Words of one command: `--key value`, and `--flag`. */
function readOptions(words: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  words.forEach((word, i) => {
    if (!word.startsWith('--')) return;
    const next = words[i + 1];
    options.set(word.slice(2), next === undefined || next.startsWith('--') ? '' : next);
  });
  return options;
}

export function virsh(args: readonly string[], { node }: Pick<Call, 'node'>): Ended {
  const at = args.indexOf('-c');
  const words = args.slice(at < 0 ? args.findIndex((a) => !a.startsWith('-')) : at + 2);
  if (!node.libvirtd) return failed(DOWN);
  // Several in one word, with semicolons between.
  const commands = words.length === 1 ? words[0]!.split(';').map((c) => c.trim().split(' ')) : [words];
  let stdout = '';
  let stderr = '';
  let code = 0;
  for (const [name = '', ...rest] of commands) {
    const ended = one(name, readOptions(rest), node);
    if (ended.later) return ended;
    stdout += `${Buffer.from(ended.stdout ?? '').toString()}\n`;
    stderr += ended.stderr ?? '';
    code = ended.code;
  }
  return { code, stdout, stderr };
}

function one(name: string, options: ReadonlyMap<string, string>, node: EmbeddedNode): Ended {
  const uuid = options.get('domain') ?? '';
  const guest = node.guests.find((g) => g.uuid === uuid);
  const coming = node.arriving.get(uuid);
  if (name === 'domjobinfo' && options.has('completed')) {
    const done = node.completed.get(uuid);
    if (!options.has('keep-completed')) node.completed.delete(uuid);
    return said(done ? done.statistics() : 'Job type: 0\n');
  }
  if (!guest && !coming)
    return failed(`failed to get domain '${uuid}'\nDomain not found: no domain with matching uuid '${uuid}'`);
  const job = node.jobs.get(uuid);
  switch (name) {
    case 'domjobinfo':
      return said(job ? job.statistics() : coming ? 'Job type: 2\n\noperation: 4\n' : 'Job type: 0\n');
    case 'domstate':
      return said(coming ? coming.states.destination : job ? job.states.source : idle(guest!.state));
    case 'migrate':
      return migrate(uuid, options, node);
    case 'domjobabort':
      return steered(job, (m) => m.abort());
    case 'migrate-postcopy':
      return steered(job, (m) => m.switchToPostCopy());
    case 'suspend':
      return steered(job, (m) => m.suspend());
    case 'migrate-setspeed':
      return steered(job, (m) => m.setSpeed(Number(options.get('bandwidth'))));
    case 'migrate-setmaxdowntime':
      return steered(job, () => undefined);
    default:
      return failed(`unknown command: '${name}'`);
  }
}

function idle(state: string): string {
  return state === 'running' ? 'running (booted)' : state === 'paused' ? 'paused (user)' : 'shut off (shutdown)';
}

function migrate(uuid: string, options: ReadonlyMap<string, string>, node: EmbeddedNode): Ended {
  const wanted = {
    ...{ uuid, uri: options.get('desturi') ?? '', postCopy: options.has('postcopy') },
    copy: options.has('copy-storage-all'),
    bandwidth: Number(options.get('bandwidth') ?? 0),
  };
  return tried(() => {
    const { done } = begin(node, wanted, node.migrationSeconds);
    return { code: 0, later: done.then(() => ({ code: 0 }), ended) };
  });
}

function steered(job: EmbeddedMigration | undefined, steer: (job: EmbeddedMigration) => void): Ended {
  if (!job) return failed('Requested operation is not valid: no job is active on the domain');
  return tried(() => {
    steer(job);
    return { code: 0 };
  });
}

function tried(run: () => Ended): Ended {
  try {
    return run();
  } catch (error) {
    return ended(error);
  }
}

function ended(error: unknown): Ended {
  if (!(error instanceof VirshError)) throw error;
  return failed(error.message);
}
