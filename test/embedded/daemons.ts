/**
 * The daemons of an embedded node, as far as its files decide about them: whether one comes up, what it says if not, and
 * where it listens. In the words of the real ones, which `words.test.ts` holds against libvirtd itself.
 */
import { LineIndex, parse, type LibvirtProblemCode } from '../../server/src/syntax';
import { kindOf, type SourceFile } from '../../server/src/model/files';
import { Host } from '../../server/src/model/host';
import type { Facts } from '../../server/src/model/facts';
import type { LibvirtConfig } from '../../server/src/model/libvirt';
import type { Tree } from './tree';

/** What became of a start. */
export interface Started {
  readonly words: readonly string[];
  /** As `address:port`. */
  readonly listening: readonly string[];
}

/** A daemon that ended by itself, with its last words. */
export class DaemonEnded extends Error {}

const LIBVIRT_WORDS: Readonly<Record<LibvirtProblemCode, string>> = {
  'expected-name': 'expecting a name',
  'expected-assignment': 'expecting an assignment',
  'expected-value': 'expecting a value',
  'unterminated-number': 'unterminated number',
  'unterminated-string': 'unterminated string',
  'expected-list-separator': 'expecting a separator in list',
  'unclosed-list': 'list is not closed with ]',
  'expected-separator': 'expecting a separator',
  'list-too-deep': 'list is not closed with ]',
};

/** The host as livemig's model sees it, of whose files the daemons are started. */
export function hostOf(tree: Tree, name: string): Host {
  const files: SourceFile[] = [];
  const look = (folder: string): void => {
    for (const [entry, { type }] of tree.find(folder)?.type === 'folder' ? tree.list(folder) : []) {
      const path = `${folder}/${entry}`;
      const kind = kindOf(path.slice(1));
      if (type === 'folder') look(path);
      else if (type === 'file' && kind !== undefined)
        files.push({ uri: `embedded://${path}`, path: path.slice(1), kind, text: tree.text(path) ?? '' });
    }
  };
  look('/etc');
  return new Host({ name, folder: '', files }, { node: undefined, releases: [] });
}

/** @param own the node's addresses, without loopback */
export function startLibvirtd(tree: Tree, name: string, own: readonly string[]): Started {
  const host = hostOf(tree, name);
  const file = host.libvirtd.file;
  if (file) {
    const where = `/${file.path}`;
    const fails = (why: string): never => {
      throw new DaemonEnded(`Can't load config file: ${why}: ${where}`);
    };
    const problem = firstProblem(file);
    if (problem) fails(`configuration file syntax error: ${where}:${problem}`);
    for (const key of ['listen_tls', 'listen_tcp', 'mdns_adv']) {
      const type = host.libvirtd.get(key)?.entry.value.type;
      if (type !== undefined && type !== 'int')
        fails(`internal error: ${where}: expected a bool for '${key}' parameter`);
    }
    for (const key of ['auth_tcp', 'auth_tls', 'auth_unix_rw', 'auth_unix_ro']) {
      const value = host.libvirtd.string(key);
      if (value !== undefined && !['none', 'sasl', 'polkit'].includes(value))
        fails(`unsupported configuration: ${where}: ${key}: unsupported auth ${value}`);
    }
  }
  const words = host.daemon.arguments?.words ?? [];
  const listening = host.daemon.listen === true ? listens(host.libvirtd, tree, own) : [];
  const { file: qemu } = host.qemu;
  const problem = qemu && firstProblem(qemu);
  if (problem)
    throw new DaemonEnded(
      `Initialization of QEMU state driver failed: configuration file syntax error: /${qemu.path}:${problem}\nDriver state initialization failed`,
    );
  return { words: ['/usr/sbin/libvirtd', ...words], listening };
}

/** `LINE: what was expected` of the first line that libvirt cannot read. */
function firstProblem(file: SourceFile): string | undefined {
  const { problems } = parse('libvirt', file.text);
  const [first] = problems;
  if (!first) return undefined;
  const line = new LineIndex(file.text).positionAt(first.span.start).line + 1;
  return `${line}: ${LIBVIRT_WORDS[first.code as LibvirtProblemCode]}`;
}

const CERTIFICATES = {
  ca_file: ['CA certificate', '/etc/pki/CA/cacert.pem'],
  cert_file: ['server certificate', '/etc/pki/libvirt/servercert.pem'],
  key_file: ['server key', '/etc/pki/libvirt/private/serverkey.pem'],
} as const;

function listens(config: LibvirtConfig, tree: Tree, own: readonly string[]): string[] {
  const address = config.string('listen_addr') ?? '0.0.0.0';
  const everywhere = address === '0.0.0.0' || address === '';
  const sockets: string[] = [];
  const bind = (port: string): void => {
    if (!everywhere && address !== '127.0.0.1' && !own.includes(address))
      throw new DaemonEnded('Unable to bind to port: Cannot assign requested address');
    sockets.push(`${everywhere ? '0.0.0.0' : address}:${Number(port) % 65_536}`);
    if (everywhere) sockets.push(`[::]:${Number(port) % 65_536}`);
  };
  if (config.number('listen_tcp') === 1) bind(config.string('tcp_port') ?? '16509');
  if (config.number('listen_tls') !== 0) {
    for (const [key, [what, usual]] of Object.entries(CERTIFICATES)) {
      const file = config.string(key) ?? usual;
      if (file !== '' && !tree.find(file))
        throw new DaemonEnded(`Cannot read ${what} '${file}': No such file or directory`);
    }
    bind(config.string('tls_port') ?? '16514');
  }
  return sockets;
}

export function startNovaCompute(tree: Tree): Started {
  for (const file of ['/etc/nova/nova.conf', '/etc/nova/nova-compute.conf']) {
    const text = tree.text(file);
    if (text === undefined) continue;
    const [problem] = parse('oslo', text).problems;
    if (!problem) continue;
    const line = new LineIndex(text).positionAt(problem.span.start).line;
    const said = (text.split('\n')[line] ?? '').trim();
    const why =
      problem.code === 'no-assignment' ? "No ':' or '=' found in assignment" : problem.code.replaceAll('-', ' ');
    throw new DaemonEnded(`ConfigFileParseError: Failed to parse ${file}: at ${file}:${line + 1}, ${why}: '${said}'`);
  }
  return {
    words: ['/usr/bin/python', '/usr/bin/nova-compute', '--config-file=/etc/nova/nova.conf'],
    listening: [],
  };
}

const EXPORTS_WORDS: Readonly<Record<string, string>> = {
  'blank-in-options': 'syntax error: bad option list',
  'continuation-in-options': 'syntax error: bad option list',
  'unclosed-options': 'syntax error: bad option list',
  'text-after-options': 'syntax error: bad option list',
  'empty-option': 'unknown keyword ""',
  'client-too-long': 'syntax error',
};

/** What `exportfs -ra` complains of; undefined where all is well. */
export function exportsProblem(tree: Tree): string | undefined {
  const text = tree.text('/etc/exports') ?? '';
  for (const { code, span } of parse('exports', text).problems) {
    const words = EXPORTS_WORDS[code];
    if (words === undefined) continue;
    return `exportfs: /etc/exports:${new LineIndex(text).positionAt(span.start).line + 1}: ${words}`;
  }
  return undefined;
}

/** What the node exports: path, client and options, as far as `exports` says them. */
export function exported(tree: Tree): readonly (readonly [path: string, client: string, options: string])[] {
  const text = tree.text('/etc/exports') ?? '';
  return parse('exports', text).entries.flatMap((entry) =>
    entry.clients.map(({ host, optionsSpan }) => {
      const options = optionsSpan ? text.slice(optionsSpan.start, optionsSpan.end) : 'ro';
      return [entry.path, host === '' ? '*' : host, options] as const;
    }),
  );
}

/** The same as `exportfs -s`, `showmount -e` and `rpcinfo -p` tell it while the server runs. */
export function served(tree: Tree): Required<Pick<Facts, 'exported' | 'shown' | 'rpc'>> {
  const withOptions = new Map<string, string[]>();
  const clients = new Map<string, string[]>();
  for (const [path, client, options] of exported(tree)) {
    withOptions.set(path, [...(withOptions.get(path) ?? []), `${client}(${options})`]);
    clients.set(path, [...(clients.get(path) ?? []), client]);
  }
  return {
    exported: Object.fromEntries(withOptions),
    shown: Object.fromEntries(clients),
    rpc: ['portmapper 4 tcp 111', 'nfs 3 tcp 2049', 'nfs 4 tcp 2049', 'mountd 3 tcp 20048'],
  };
}
