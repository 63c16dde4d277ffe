// Starts code-server, a real VS Code for the browser, on a profile that is thrown away afterwards.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const modules = path.join(import.meta.dirname, 'node_modules');
/** code-server wants a newer Node than livemig does: its own comes from npm. */
const nodes = ['x64', 'arm64'].map((arch) => path.join(modules, `node-linux-${arch}/bin/node`));
const entry = path.join(modules, 'code-server/out/node/entry.js');

const START_LIMIT_MS = 240_000;

/** Quiet, still and offline: nothing may move or pop up by itself. */
const baseSettings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'files.autoSave': 'off',
  'git.enabled': false,
  'github.gitAuthentication': false,
  'remote.autoForwardPorts': false,
};

/** A port that was free a moment ago, on loopback. @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = net.createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });

/**
 * @param {{ vsix?: string[], settings?: object, args?: string[], env?: Record<string, string>, trust?: boolean }} [options]
 *   `trust`: folders are not trusted before somebody says so
 */
export async function startCodeServer({ vsix = [], settings = {}, args = [], env: extra = {}, trust = false } = {}) {
  const node = nodes.find((file) => existsSync(file));
  if (!node || !existsSync(entry)) throw new Error('code-server is not installed: run `node scripts/setup.mjs ui`');
  const root = mkdtempSync(path.join(tmpdir(), 'livemig-vscode-'));
  const user = path.join(root, 'user');
  for (const folder of ['extensions', 'tmp']) mkdirSync(path.join(root, folder));
  const all = JSON.stringify({ ...baseSettings, ...settings }, null, 2);
  // A server takes those of scope `machine` from a file of its own.
  for (const folder of ['User', 'Machine']) {
    mkdirSync(path.join(user, folder), { recursive: true });
    writeFileSync(path.join(user, folder, 'settings.json'), all);
  }
  // Nothing of a VS Code that we may run inside of, and none of the user's own settings.
  const inherited = Object.entries(process.env).filter(
    ([k]) => !/^(VSCODE_|ELECTRON_|CODE_SERVER|PASSWORD$|PORT$)/.test(k),
  );
  const env = {
    ...Object.fromEntries(inherited),
    EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: '' }),
    XDG_CONFIG_HOME: path.join(root, 'config'),
    XDG_DATA_HOME: path.join(root, 'data'),
    XDG_CACHE_HOME: path.join(root, 'cache'),
    // Its sockets, and what it deletes by moving it away first.
    TMPDIR: path.join(root, 'tmp'),
    ...extra,
  };
  const common = ['--user-data-dir', user, '--extensions-dir', path.join(root, 'extensions')];
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  const kill = (signal) => {
    try {
      if (child?.pid) process.kill(-child.pid, signal); // its whole group: server and extension host
    } catch {
      // already gone
    }
  };
  const remove = () => rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  const onExit = () => {
    kill('SIGKILL');
    remove();
  };
  process.once('exit', onExit);

  let log = '';
  try {
    for (const file of vsix)
      await promisify(execFile)(node, [entry, ...common, '--install-extension', file, '--force'], { env });
    const port = await freePort();
    const flags = [
      '--auth',
      'none',
      '--bind-addr',
      `127.0.0.1:${port}`,
      '--disable-telemetry',
      '--disable-update-check',
    ];
    const quiet = ['--disable-getting-started-override', '--ignore-last-opened'];
    if (!trust) quiet.push('--disable-workspace-trust');
    child = spawn(node, [entry, ...common, ...flags, ...quiet, ...args], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += chunk));
    const url = `http://127.0.0.1:${port}`;
    await answering(url, child, () => log);
    return {
      url,
      port,
      /** Settings, logs and state: all that VS Code writes. */
      profile: root,
      log: () => log,
      async stop() {
        const gone = new Promise((resolve) => child?.once('exit', resolve));
        kill('SIGTERM');
        await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
        process.off('exit', onExit);
        onExit();
      },
    };
  } catch (error) {
    process.off('exit', onExit);
    onExit();
    throw error;
  }
}

async function answering(url, child, log) {
  const until = Date.now() + START_LIMIT_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`code-server ended with ${child.exitCode}\n${log()}`);
    const ok = await fetch(`${url}/healthz`).then(
      (r) => r.ok,
      () => false,
    );
    if (ok) return;
    if (Date.now() > until) throw new Error(`code-server did not start\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
