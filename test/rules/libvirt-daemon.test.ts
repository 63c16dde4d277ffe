/**
 * The rules of libvirtd.conf and qemu.conf against libvirtd itself: where a finding says that the daemon does not start,
 * it must not, and where no finding says so, it must. Skipped by name where the daemon or root is missing, never in CI.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { libvirtKeys, type LibvirtKey } from '../../server/src/knowledge/libvirt';
import { lint, type Finding } from '../../server/src/lint';
import { isAddress, isLoopback, isWildcard, type Cluster } from '../../server/src/model/cluster';
import type { Host } from '../../server/src/model/host';
import type { LibvirtConfig } from '../../server/src/model/libvirt';
import { basename } from '../../server/src/model/files';
import { RULES } from '../../server/src/rules/index';
import { DAEMON, missing, Oracle } from '../oracles/driver';
import { clusterOf } from '../support/cluster';

interface Answer {
  readonly started: boolean;
  /** `address:port`, as `ss` prints it. */
  readonly listening: readonly string[];
  readonly stderr: string;
}

const CA = '/etc/pki/CA/cacert.pem';
const CERTIFICATE = '/etc/pki/libvirt/servercert.pem';
const KEY = '/etc/pki/libvirt/private/serverkey.pem';

/** Rules whose claim is that certificates are missing: the daemon is then asked without any. */
/** What is wrong with the certificates themselves: the oracle has only good ones. Drills in the lab show these. */
const OF_CERTIFICATES = new Set(['libvirtd/certificate-authority', 'libvirtd/certificate-key-type']);
const WITHOUT_CERTIFICATES = new Set(['libvirtd/listen-tls-default-no-certs', 'libvirtd/tls-files-missing']);
const OF_THE_KERNEL = /selinux|apparmor|hugepages/;

/** Right and wrong ones of each type. */
const VALUES: Readonly<Record<LibvirtKey['type'], readonly string[]>> = {
  bool: ['0', '1', '2', '"1"'],
  int: ['0', '1', '-1', '"1"'],
  uint: ['0', '1', '-1', '"1"'],
  string: ['1', '""', '"abc"', '"none"', '"0770"', '[ "abc" ]'],
  'string list': ['[]', '[ "abc" ]', '[ 1 ]', '"abc"'],
  'string or list': ['1', '"abc"', '"none"', '[]', '[ "abc" ]', '[ 1 ]'],
  bytes: ['0', '-1', '"abc"', '[ "abc" ]'],
  'int or unlimited': ['0', '-1', '"abc"', '"unlimited"', '[ "abc" ]'],
};
/** Accounts, folders and names: whether they are there is this machine's to say. */
const OF_THE_MACHINE: readonly (readonly [key: RegExp, values: RegExp])[] = [
  [/^(listen_addr|unix_sock_group|(swtpm_)?(user|group))$|_tls_x509_cert_dir$/, /^"./],
  [/^hugetlbfs_mount$/, /"/],
  [/^security_require_confined$/, /^1$/],
  // Asks ebtables, which need not be there.
  [/^mac_filter$/, /^1$/],
];

/** Read by the daemon that is asked, 9.0.0 as in Debian 12. */
function read({ key, since, removed }: LibvirtKey): boolean {
  const newer = /^>(9|1\d)|^1\d\./.test(since ?? '');
  // Elsewhere the daemon's socket is not found.
  return !newer && removed === undefined && key !== 'unix_sock_dir';
}

/** Certificates where the daemon looks for them, by what the oracle calls them. */
function certificatesOf(config: LibvirtConfig): Record<string, string> {
  const found: Record<string, string> = { [CA]: 'ca', [CERTIFICATE]: 'cert', [KEY]: 'key' };
  for (const what of ['ca', 'cert', 'key']) {
    const path = config.string(`${what}_file`);
    // Where it can be put without a trace: in a file system of the oracle's own.
    if (path?.startsWith('/etc/pki/')) found[path] = what;
  }
  return found;
}

const NO_START = /does not start/;
const saysNoStart = (f: Finding): boolean => f.severity === 'error' && NO_START.test(f.message);

/** Folders of certificates that qemu.conf names and the daemon looks for. */
function foldersOf(config: LibvirtConfig): string[] {
  return libvirtKeys('qemu.conf')
    .filter(({ key }) => key.endsWith('_tls_x509_cert_dir'))
    .map(({ key }) => config.string(key) ?? '')
    .filter((folder) => folder.startsWith('/etc/pki/'));
}

/** The host's own, which listen_addr is one of unless we say that it is not. */
function addressesOf(host: Host, mine: readonly Finding[]): string[] {
  const address = host.libvirtd.string('listen_addr') ?? '';
  if (!isAddress(address) || isWildcard(address) || isLoopback(address)) return [];
  const foreign = mine.some((f) => f.rule.id === 'libvirtd/listen-addr-not-own' && f.severity === 'error');
  return foreign ? host.addresses.filter((a) => a !== address && isAddress(a) && !isLoopback(a)) : [address];
}

const lacking = missing(DAEMON);
const options = lacking !== undefined && !process.env['CI'] ? { skip: `libvirtd: ${lacking}` } : {};

describe('what is said to end the daemon ends it, and nothing else does', options, () => {
  if (options.skip !== undefined) return;
  assert.equal(lacking, undefined, 'in CI every oracle has to be there');
  const oracle = new Oracle<Answer>(DAEMON);
  after(() => oracle.close());

  /** Where the two verdicts on a host differ: what was asked, and what each said. */
  const disagreements = async (cluster: Cluster, host: Host): Promise<unknown[]> => {
    const config = host.libvirtd;
    if (!config.file && !host.qemu.file) return [];
    // Only libvirtd is here, and it reads what virtqemud does not.
    if (config.file && basename(config.file.path) === 'virtqemud.conf') return [];
    // Said to run another version, or asking for what this machine's kernel may not have.
    if (host.platform.libvirt?.join('.') !== '9.0.0' && host.platform.libvirt) return [];
    if (OF_THE_KERNEL.test(host.qemu.file?.text ?? '')) return [];
    // As old as its way to be started, which had fewer limits.
    if (host.daemon.serviceMode && config.get('max_clients')) return [];
    const monolith = !config.file || basename(config.file.path) === 'libvirtd.conf';
    const files: Record<string, string> = { '/etc/libvirt/libvirtd.conf': config.file?.text ?? '' };
    if (host.qemu.file) files['/etc/libvirt/qemu.conf'] = host.qemu.file.text;
    const mine = lint(cluster).findings.filter((f) => f.host === host);
    if (mine.some((f) => OF_CERTIFICATES.has(f.rule.id))) return [];
    const bare = mine.some((f) => saysNoStart(f) && WITHOUT_CERTIFICATES.has(f.rule.id));
    // Where libvirt's version decides, and is not known.
    if (mine.some((f) => f.severity !== 'error' && NO_START.test(f.message) && f.rule.id === 'qemu/bad-value'))
      return [];
    const fatal = mine.filter(saysNoStart).map((f) => f.message);
    const { listen, sockets } = host.daemon;
    // Where it is not known, or yet to be changed, how it is started: what ends it does so with --listen, and where nothing
    // does it starts without. virtproxyd knows no --listen, and opens no TLS by itself.
    const listens = monolith ? bare || (listen ?? fatal.length > 0) : config.get('listen_tls') !== undefined;
    const answer = await oracle.ask('', {
      files,
      pki: bare ? {} : certificatesOf(config),
      folders: mine.some((f) => f.rule.id === 'qemu/tls-dir-missing') ? [] : foldersOf(host.qemu),
      hosts: host.first('hosts')?.text ?? '',
      listen: listens && !sockets?.local,
      addresses: addressesOf(host, mine),
    });
    if (answer.started === (fatal.length === 0)) return [];
    return [{ files, ours: fatal, theirs: answer.stderr.split('\n').filter((line) => line.includes(' error :')) }];
  };

  const askAll = async (files: Readonly<Record<string, string>>, release: string): Promise<unknown[]> => {
    const cluster = clusterOf(files, release);
    const found: unknown[] = [];
    for (const host of cluster.hosts) found.push(...(await disagreements(cluster, host)));
    return found;
  };

  for (const rule of RULES.filter((r) => /^(libvirtd|qemu)\//.test(r.id))) {
    test(`${rule.id}: its examples, and those repaired`, async () => {
      const found: unknown[] = [];
      for (const { files: marked, good, release = '2026.1' } of rule.examples) {
        const files = Object.fromEntries(
          Object.entries(marked).map(([path, text]) => [path, text.replace(/[⟦⟧]/g, '')]),
        );
        found.push(...(await askAll(files, release)));
        if (good) found.push(...(await askAll({ ...files, ...good }, release)));
      }
      assert.deepEqual(found, []);
    });
  }

  for (const name of ['libvirtd.conf', 'qemu.conf'] as const) {
    test(`every key of ${name} with values of every type`, async () => {
      const found: unknown[] = [];
      let asked = 0;
      for (const key of libvirtKeys(name).filter(read)) {
        const ports = /_port_/.test(key.key) ? ['70000'] : [];
        for (const value of [...VALUES[key.type], ...ports]) {
          if (OF_THE_MACHINE.some(([name, values]) => name.test(key.key) && values.test(value))) continue;
          const text = `${key.key} = ${value}\n`;
          const base = 'listen_tcp = 1\nlisten_tls = 0\nauth_tcp = "none"\n';
          const files = {
            'facts.json': '{"libvirt": "9.0.0"}',
            'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
            'etc/libvirt/libvirtd.conf': name === 'libvirtd.conf' ? text + base : base,
            ...(name === 'qemu.conf' ? { 'etc/libvirt/qemu.conf': text } : {}),
          };
          found.push(...(await askAll(files, 'zed')));
          asked++;
        }
      }
      assert.ok(asked > 150, `${asked} values were asked about`);
      assert.deepEqual(found, []);
    });
  }
});
