// Makes a bare Debian or Ubuntu machine with Node 20 fit to build, test or show livemig. No dependencies: it runs first.
// Usage: node scripts/setup.mjs [build|demo|unit|ui|test]
// What cannot be had is named and skipped; with CI set nothing may be skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findChromium } from '../test/tools/chromium.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tools = path.join(root, 'test/tools');
/** `import.meta.dirname` and `--test-timeout` came with it. */
const NODE = [20, 11];

/** Debian packages, and what cannot run without them. */
const packages = {
  python3: 'comparison with oslo.config and libvirt',
  'python3-oslo.config': 'comparison with oslo.config',
  libvirt0: 'comparison with libvirt',
  'libvirt-daemon': 'comparison with libvirtd',
  'libvirt-daemon-driver-qemu': 'comparison with libvirtd',
  'libvirt-clients': 'comparison with libvirtd',
  'libvirt-daemon-system': 'apply under systemd',
  'libvirt-daemon-system-sysv': 'apply under sysvinit',
  libaugeas0: 'comparison with augeas',
  'augeas-lenses': 'comparison with augeas',
  openssl: 'comparison with libvirtd',
  iproute2: 'comparison with libvirtd',
  'nfs-kernel-server': 'comparison with exportfs',
  'util-linux': 'comparison with exportfs and findmnt',
  systemd: 'comparison with systemd',
  'openssh-server': 'connections to a real sshd',
  'openssh-client': 'connections to a real sshd, comparison with ssh -G and ssh-keygen',
  sudo: 'commands as root over SSH',
  acl: 'remote files with access lists',
  busybox: 'command lines in busybox',
  'ansible-core': 'comparison with ansible-inventory, snapshots gathered by Ansible',
  csh: 'command lines in csh',
  'libvirt-daemon-system-sysv': 'lab of real nodes',
  'qemu-system-x86': 'lab of real nodes',
  'qemu-utils': 'lab of real nodes',
  bindfs: 'lab of real nodes',
  rpcbind: 'lab of real nodes',
  'nfs-common': 'lab of real nodes',
  'nfs-ganesha': 'lab of real nodes',
  'nfs-ganesha-vfs': 'lab of real nodes',
  nftables: 'lab of real nodes, repairs of firewalls',
  iptables: 'lab of real nodes, repairs of firewalls',
  'gnutls-bin': 'lab of real nodes',
  'python3-openstackclient': 'migrations by the commands on a controller',
  'python3-novaclient': 'migrations by the commands on a controller',
  procps: 'lab of real nodes, repairs',
  'iputils-ping': 'probes of guests',
  'mariadb-server-core': 'migrations through a real Nova',
  'rabbitmq-server': 'migrations through a real Nova',
  'nova-common': 'migrations through a real Nova',
  'python3-nova': 'migrations through a real Nova',
  'python3-keystone': 'migrations through a real Nova',
  'python3-placement': 'migrations through a real Nova',
  'python3-glance': 'migrations through a real Nova',
  'glance-common': 'migrations through a real Nova',
  git: 'packaging',
  chromium: 'in-host and UI tests, demo',
  'fonts-dejavu-core': 'in-host and UI tests, demo',
  'fonts-noto-cjk': 'pictures in Chinese and Japanese',
};
const browser = ['chromium', 'fonts-dejavu-core'];

/** What each purpose needs beside Node and the npm packages. */
const needs = {
  build: { apt: [], tools: false },
  demo: { apt: browser, tools: true },
  ui: { apt: browser, tools: true },
  unit: { apt: Object.keys(packages).filter((name) => !/^(chromium|fonts)/.test(name)), tools: false },
  test: { apt: Object.keys(packages), tools: true },
};

/**
 * @param {keyof typeof needs} purpose
 * @returns {Promise<{ part: string, skips: string, why: string }[]>} what is missing
 */
export async function setup(purpose) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1]))
    throw new Error(`Node ${NODE.join('.')} or newer is needed, this is ${process.versions.node}`);
  npmPackages();
  const { apt, tools: wanted } = needs[purpose];
  const missing = systemPackages(apt);
  if (wanted) missing.push(...editor());
  for (const { part, skips, why } of missing) console.log(`setup: no ${part} (${why}); skipped: ${skips}`);
  if (missing.length > 0 && process.env.CI) throw new Error('with CI set nothing may be skipped');
  return missing;
}

/** `npm ci` unless node_modules already holds what the lock file asks for. */
function npmPackages() {
  if (upToDate()) return;
  console.log('setup: npm ci');
  // ssh2 would compile what it can do without.
  run('npm', ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'], root);
}

function upToDate() {
  const installed = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const have = read(installed);
  return Object.entries(read(path.join(root, 'package-lock.json'))).every(
    ([name, { version, optional }]) => name === '' || optional || have[name]?.version === version,
  );
}

/** @param {string[]} wanted */
function systemPackages(wanted) {
  const lacking = () => wanted.filter((name) => !installed(name));
  const first = lacking();
  if (first.length === 0) return [];
  // A browser may be there all the same, from elsewhere.
  const part = (name, why) => ({ part: name, skips: packages[name], why });
  const without = (names, why) =>
    names.filter((name) => !(browser.includes(name) && findChromium())).map((name) => part(name, why));
  if (process.platform !== 'linux' || !onPath('apt-get')) return without(first, 'not a Debian or Ubuntu machine');
  if (process.getuid?.() !== 0) return without(first, 'not root, so nothing can be installed');
  console.log(`setup: apt-get install ${first.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=900', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const allow = withoutDaemons();
  try {
    apt('update', '-q');
    apt('install', '-y', '-q', '--no-install-recommends', ...first);
    // One that does not exist here must not cost the others.
    for (const name of lacking()) apt('install', '-y', '-q', '--no-install-recommends', name);
  } finally {
    allow();
  }
  return without(lacking(), 'apt-get could not install it');
}

/** Installing the NFS server, or RabbitMQ, must not start one, and must not fail where nothing can be started. @returns the undo */
function withoutDaemons() {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => undefined;
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => rmSync(policy, { force: true });
}

/** code-server and its Node under test/tools, from npm; nothing is compiled, no script of a package is run. */
function editor() {
  const why = (text) => [{ part: 'VS Code', skips: 'in-host and UI tests, demo', why: text }];
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch))
    return why(`code-server runs on Linux only, this is ${process.platform} on ${process.arch}`);
  const manifest = readFileSync(path.join(tools, 'package.json'), 'utf8');
  const done = path.join(tools, 'node_modules/.livemig-installed');
  if (existsSync(done) && readFileSync(done, 'utf8') === manifest) return [];
  console.log('setup: code-server into test/tools (about 0.8 GB)');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  mkdirSync(path.join(tools, 'node_modules'), { recursive: true });
  run('npm', [existsSync(path.join(tools, 'package-lock.json')) ? 'ci' : 'install', ...quiet], tools);
  // What code-server's own postinstall would do, which also compiles. It has no lock file that `npm ci` takes.
  run('npm', ['install', '--omit=dev', '--no-save', ...quiet], path.join(tools, 'node_modules/code-server/lib/vscode'));
  writeFileSync(done, manifest);
  return [];
}

function installed(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}

function onPath(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));
}

function run(program, args, cwd) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: 'inherit' });
  if (error || status !== 0)
    throw new Error(`${program} ${args.join(' ')} in ${cwd}: ${error?.message ?? `exit ${status}`}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const purpose = process.argv[2] ?? 'test';
  if (!Object.hasOwn(needs, purpose)) {
    console.error(`usage: node scripts/setup.mjs [${Object.keys(needs).join('|')}]`);
    process.exit(2);
  }
  await setup(purpose);
}
