/**
 * The commands that an embedded node knows: those that livemig sends, and a few for who looks around. There is no shell
 * behind them. What is not here ends with 127, as where a program is not installed.
 */
import { BEGINS } from '../../server/src/migration/libvirt/commands';
import { sequence } from '../../server/src/fleet/apply/commands';
import { lookScript, replaceScript } from '../../server/src/fleet/files/script';
import { END_GROUP, WRAPPER } from '../../server/src/fleet/ssh/connection';
import { collect, collectScript } from './collector';
import { exported, exportsProblem } from './daemons';
import type { EmbeddedNode } from './node';
import { look, replace } from './files';
import { services } from './services';
import { longName } from './sftp';
import { TreeError, type Account } from './tree';
import { virsh } from './virsh-commands';

export interface Call {
  readonly node: EmbeddedNode;
  readonly who: Account;
  /** Standard input to its end. */
  readonly input: Buffer;
}

export interface Ended {
  readonly code: number;
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string;
  /** It takes a while: that is how it ends. What it says before is in `stdout`. */
  readonly later?: Promise<Ended>;
}

export type Command = (args: readonly string[], call: Call) => Ended;

const said = (stdout: string): Ended => ({
  code: 0,
  stdout: stdout === '' || stdout.endsWith('\n') ? stdout : `${stdout}\n`,
});
const failed = (stderr: string, code = 1): Ended => ({ code, stderr: `${stderr}\n` });

/** Scripts that sh is given as a word, or by standard input, by their text. */
const scripts = new Map<string, Command>([
  [collectScript, (args, { node, who }) => said(collect(node, args, who))],
  [lookScript(), look],
  [replaceScript(), replace],
  [sequence([]).argv[2]!, inSequence],
  // What livemig ends is over already, or was ended with its channel.
  [END_GROUP, () => failed('sh: kill: No such process')],
]);

/** Commands one after the other, each `COUNT WORD…`, or `?COUNT WORD…` where it may fail. */
function inSequence(words: readonly string[], call: Call): Ended {
  const said = { stdout: '', stderr: '' };
  for (let at = 0; at < words.length;) {
    const [, may, count] = /^(\??)(\d+)$/.exec(words[at] ?? '') ?? [];
    if (count === undefined) return failed('sh: this is no sequence of commands', 2);
    const argv = words.slice(at + 1, at + 1 + Number(count));
    at += 1 + Number(count);
    const { code, stdout = '', stderr = '' } = run(argv, call);
    said.stdout += Buffer.from(stdout).toString();
    said.stderr += stderr;
    if (code !== 0 && may === '') return { code, ...said };
  }
  return { code: 0, ...said };
}

const commands: Readonly<Record<string, Command>> = {
  ...services,
  virsh,
  true: () => said(''),
  false: () => ({ code: 1 }),
  hostname: (_, { node }) => said(node.facts().hostname ?? node.name),
  whoami: (_, { who }) => said(who.name),
  id(args, { node, who }) {
    if (args[0] === '-u' && args.length === 1) return said(String(who.uid));
    const { text, status } = node.id(args.find((a) => !a.startsWith('-')) ?? who.name);
    return status === 0 ? said(text) : failed(text);
  },
  uname: (args, { node }) =>
    said(args.includes('-r') ? (node.facts().kernel ?? '') : args.includes('-m') ? 'x86_64' : 'Linux'),
  echo: (args) => said(`${args.join(' ')}\n`),
  date: (args, { node }) => said(args[0] === '+%s' ? String(node.facts().measured) : new Date().toUTCString()),
  cat(args, { node, who, input }) {
    if (args.length === 0) return { code: 0, stdout: input };
    const stdout = args
      .filter((a) => a !== '--')
      .map((file) => Buffer.from(node.proc(file) ?? node.tree.read(file, who)));
    return { code: 0, stdout: Buffer.concat(stdout) };
  },
  tail(args, { node, who }) {
    const lines = Buffer.from(node.tree.read(args.at(-1) ?? '', who))
      .toString()
      .split('\n');
    return said(lines.slice(-1 - Number(args[1] ?? 10)).join('\n'));
  },
  // Of what they would change nothing is measured.
  sysctl: () => said(''),
  ls(args, { node, who }) {
    const long = args.some((a) => /^-\w*l/.test(a));
    const lines = (args.some((a) => !a.startsWith('-')) ? args.filter((a) => !a.startsWith('-')) : ['/root']).flatMap(
      (path) => {
        const entry = node.tree.at(path, { who });
        const all = entry.type === 'folder' ? node.tree.list(path, who) : [[path, entry] as const];
        return all.map(([name, one]) => (long ? longName(name, one) : name));
      },
    );
    return said(lines.join('\n'));
  },
  getent: ([database, name], { node }) => {
    const { text, status } = database === 'ahosts' ? node.resolve(name ?? '') : { text: '', status: 2 };
    return { code: status, stdout: text === '' ? '' : `${text}\n` };
  },
  exportfs(args, { node }) {
    if (args.some((a) => /^-\w*[ra]/.test(a))) {
      const problem = exportsProblem(node.tree);
      return problem === undefined ? said('') : failed(problem);
    }
    return said(
      exported(node.tree)
        .map(([path, client]) => `${path.padEnd(24)} ${client}`)
        .join('\n'),
    );
  },
  showmount: (_, { node }) => {
    if (!node.daemons.some((d) => d.name === 'nfs-server' && d.running))
      return failed('clnt_create: RPC: Program not registered');
    return said(
      `Export list for ${node.name}:\n${exported(node.tree)
        .map(([path, client]) => `${path} ${client}`)
        .join('\n')}`,
    );
  },
  mount(args, { node }) {
    if (!args.includes('-a')) return said('');
    const { text, status } = node.mountAll();
    return status === 0 ? said('') : failed(text, status);
  },
  env(args, call) {
    const at = args.findIndex((a) => !/^[A-Za-z_]\w*=/.test(a));
    return at < 0 ? said('') : run(args.slice(at), call);
  },
  sudo(args, call) {
    const { node, who } = call;
    const words = args.slice(args.indexOf('--') + 1);
    const account = node.account('root');
    const allowed = who.uid === 0 || who.groups.some((gid) => node.isSudoGroup(gid));
    if (!allowed || !account) return failed('sudo: a password is required');
    return run(words, { ...call, who: account });
  },
  sh(args, call) {
    if (args[0] === '-s') {
      const script = scripts.get(call.input.toString());
      return script ? script(args.slice(args[1] === '--' ? 2 : 1), call) : unknownScript;
    }
    const script = args[0] === '-c' ? scripts.get(args[1] ?? '') : undefined;
    // The word after a script is its name.
    return script ? script(args.slice(3), call) : unknownScript;
  },
};

const unknownScript = failed(
  'sh: an embedded node has no shell: it knows the scripts of livemig, and this is none of them',
  127,
);

/** Commands that read what they are sent, and therefore wait for its end. */
export function readsInput(argv: readonly string[]): boolean {
  const { words } = unwrapped(argv);
  const [program, ...args] = words;
  if (program === 'env') return readsInput(args.slice(args.findIndex((a) => !/^[A-Za-z_]\w*=/.test(a))));
  if (program === 'sudo') return readsInput(args.slice(args.indexOf('--') + 1));
  return program === 'sh' || (program === 'cat' && args.length === 0);
}

/** What the wrapper of livemig's says of itself, and the command in it. */
export function unwrapped(argv: readonly string[]): {
  readonly mark: string | undefined;
  readonly words: readonly string[];
} {
  const [sh, option, script, mark, ...words] = argv;
  const wrapped = sh === 'sh' && option === '-c' && script === WRAPPER;
  return wrapped ? { mark, words } : { mark: undefined, words: argv };
}

/** Runs a command, in words. */
export function run(argv: readonly string[], call: Call): Ended {
  const [program = '', ...args] = argv;
  // The lock of a migration: what it keeps apart cannot happen here.
  if (program === 'sh' && args[0] === '-c' && args[3]?.startsWith('/run/libvirt/qemu/') === true) {
    const ended = run(args.slice(4), call);
    return { ...ended, stdout: `${BEGINS}\n` };
  }
  const command = Object.hasOwn(commands, program) ? commands[program] : undefined;
  if (!command) return failed(`${program}: not found`, 127);
  try {
    return command(args, call);
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    return failed(`${program}: ${args.filter((a) => !a.startsWith('-')).join(' ')}: ${error.message}`);
  }
}
