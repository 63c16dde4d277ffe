// Measures one language server on one document: start, opening, typing, memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client } from './client.mjs';
import { repairable, SAMPLES } from './documents.mjs';
import { cpu, memory, quantile, rounded } from './figures.mjs';

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {string[]} command
 * @property {keyof typeof SAMPLES} sample what it is given to check
 * @property {boolean} pull it is asked for diagnostics instead of waited for
 * @property {object} [settings] answer to workspace/configuration
 * @property {object} [options] initializationOptions
 */

/** Runs something with a client in a folder of its own. */
async function withClient(server, files, run) {
  const folder = mkdtempSync(path.join(tmpdir(), 'livemig-bench-'));
  const client = (() => {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    return new Client(server, folder);
  })();
  try {
    return await run(client, (name) => pathToFileURL(path.join(folder, name)).href);
  } finally {
    await client.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * From the start of the process to the answer to `initialize`, in ms by server. Turn by turn: what else the machine does
 * at the time, it does to all of them.
 * @param {Server[]} servers
 */
export async function startTimes(servers, runs) {
  const times = new Map(servers.map((server) => [server.name, []]));
  for (let i = 0; i < runs; i++) {
    for (const server of servers) {
      const from = performance.now();
      await withClient(server, {}, async (client) => {
        await client.start();
        times.get(server.name).push(performance.now() - from);
      });
    }
  }
  return Object.fromEntries([...times].map(([name, all]) => [name, quantile(all, 0.5)]));
}

/** How many times a document is opened, each time by a new process: what it costs first is what counts. */
const OPENINGS = 5;

/** Opens a document of so many lines and types a bad line into its middle and out again, many times. */
export async function measure(server, lines, edits) {
  const sample = SAMPLES[server.sample];
  const text = `${Array.from({ length: lines }, (_, i) => sample.line(i, lines)).join('\n')}\n`;
  const openings = [];
  for (let i = 1; i < OPENINGS; i++)
    openings.push(await withDocument(server, sample, text, (document) => Promise.resolve(document.openMs)));
  return withDocument(server, sample, text, async ({ client, uri, pull, openMs, diagnostics: base }) => {
    openings.push(openMs);
    let version = 1;
    const at = { line: lines >> 1, character: 0 };
    const bad = `${sample.bad}\n`;
    const head = text.split('\n', at.line).join('\n').length + 1;
    const times = [];
    const before = cpu(client.pid);
    for (let i = 0; i < edits; i++) {
      const typed = i % 2 === 0;
      const change = client.incremental
        ? typed
          ? { range: { start: at, end: at }, text: bad }
          : { range: { start: at, end: { line: at.line + 1, character: 0 } }, text: '' }
        : { text: typed ? text.slice(0, head) + bad + text.slice(head) : text };
      const from = performance.now();
      version++;
      // A server that leaves the version out is known by the number of its diagnostics.
      const fits = (p) =>
        p.uri === uri &&
        (typeof p.version !== 'number' || p.version === version) &&
        (p.diagnostics.length !== base) === typed;
      const answer = server.pull ? undefined : client.pushed(fits);
      client.notify('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [change] });
      if (server.pull) {
        const count = await pull();
        if ((count !== base) !== typed) throw new Error(`${server.name}: ${count} diagnostics, ${base} at the start`);
      } else await answer;
      times.push(performance.now() - from);
      await sleep(60);
    }
    const { peak } = memory(client.pid);
    return {
      server: server.name,
      lines,
      diagnostics: base,
      openMs: quantile(openings, 0.5),
      // Before the engine has compiled what is hot.
      editFirst10: quantile(times.slice(0, 10), 0.5),
      editP50: quantile(times, 0.5),
      editP95: quantile(times, 0.95),
      editCpuMs: rounded((cpu(client.pid) - before) / edits),
      peakMiB: peak,
    };
  });
}

/** Runs something with a client that has just opened a document, once the server has gone quiet. */
function withDocument(server, sample, text, run) {
  return withClient(server, { [sample.basename]: text }, async (client, uriOf) => {
    await client.start();
    await sleep(500);
    const uri = uriOf(sample.basename);
    const pull = async () => (await client.request('textDocument/diagnostic', { textDocument: { uri } })).items.length;
    const opened = performance.now();
    const first = server.pull ? undefined : client.pushed((p) => p.uri === uri);
    const textDocument = { uri, languageId: sample.language, version: 1, text };
    client.notify('textDocument/didOpen', { textDocument });
    let diagnostics = server.pull ? await pull() : (await first).diagnostics.length;
    const openMs = rounded(performance.now() - opened);
    // Some servers answer in several passes.
    for (let seen = -1; seen !== client.published; await sleep(300)) seen = client.published;
    if (!server.pull) diagnostics = client.last.get(uri).diagnostics.length;
    return run({ client, uri, pull, openMs, diagnostics });
  });
}

/** The repair of so many findings at once, in ms, and how many edits it took. */
export async function fixAll(server, lines, findings, runs) {
  const text = repairable(lines, findings);
  return withClient(server, {}, async (client, uriOf) => {
    await client.start();
    const uri = uriOf('exports');
    client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'nfs-exports', version: 1, text } });
    const times = [];
    let edits = 0;
    const at = { line: 0, character: 0 };
    for (let i = 0; i < runs; i++) {
      const insert = { range: { start: at, end: at }, text: '#\n' };
      client.notify('textDocument/didChange', { textDocument: { uri, version: i + 2 }, contentChanges: [insert] });
      await client.request('textDocument/diagnostic', { textDocument: { uri } });
      const from = performance.now();
      const [action] = await client.request('textDocument/codeAction', {
        textDocument: { uri },
        range: { start: at, end: at },
        context: { diagnostics: [], only: ['source.fixAll'] },
      });
      times.push(performance.now() - from);
      edits = action.edit.documentChanges[0].edits.length;
      await sleep(60);
    }
    return { lines, findings, edits, p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
  });
}
