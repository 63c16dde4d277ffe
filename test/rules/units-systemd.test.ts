/** The examples of the rules about units, given to systemd: what it says of the files before and after the fix. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import doubled from '../../server/src/rules/defaults/exec-start-twice';
import address from '../../server/src/rules/defaults/socket-address';
import syntax from '../../server/src/rules/defaults/unit-syntax';
import type { Rule } from '../../server/src/rules/rule';
import { ORACLES, missing } from '../oracles/driver';
import { tempFolder } from '../support/temp';

/** What each rule's defect makes systemd say. */
const SAYS: readonly (readonly [Rule, RegExp])[] = [
  [address, /Failed to parse address value|Unit has no Listen setting/],
  [doubled, /Service has more than one ExecStart= setting/],
  [syntax, /Unknown key|Unknown section|outside of section|Missing|Invalid section header|Bad characters in section/],
];

/** Where the rule is silent on purpose, although systemd is not. */
const LENIENT = "a key that a newer systemd may have, a unit of a package's";

const PACKAGED: Readonly<Record<string, string>> = {
  'libvirtd.service': '[Service]\nType=notify\nExecStart=/bin/true\n',
  'virtproxyd.service': '[Service]\nType=notify\nExecStart=/bin/true\n',
  'nova-compute.service': '[Service]\nExecStart=/bin/true\n',
  'libvirtd-tcp.socket': '[Socket]\nListenStream=16509\nService=libvirtd.service\n',
  'libvirtd-tls.socket': '[Socket]\nListenStream=16514\nService=libvirtd.service\n',
};

/** Complaints of `systemd-analyze verify` about each host's units, drop-ins beside those of their packages. */
function verify(files: Readonly<Record<string, string>>): string {
  const hosts = new Map<string, Record<string, string>>();
  for (const [file, text] of Object.entries(files)) {
    const [, host = '', below] = /^(.*?)(?:\/|^)(?:etc|usr\/lib|lib)\/systemd\/system\/(.*)$/.exec(file) ?? [];
    if (below !== undefined && !below.includes('.wants/')) hosts.set(host, { ...hosts.get(host), [below]: text });
  }
  let said = '';
  for (const units of hosts.values()) {
    const temp = tempFolder({ ...PACKAGED, ...units });
    const names = new Set(Object.keys(units).map((u) => u.replace(/\.d\/.*/, '')));
    for (const name of names) {
      if (units[name] === '' || name.endsWith('.mount')) continue;
      const program = ['--man=no', 'verify', path.join(temp.path, name)];
      const env = { ...process.env, SYSTEMD_UNIT_PATH: `${temp.path}:` };
      said += spawnSync('systemd-analyze', program, { encoding: 'utf8', env }).stderr;
    }
    temp.remove();
  }
  return said.replaceAll(/^.*(Command .* is not executable|man page).*$/gm, '');
}

const lacking = missing(ORACLES.unit);
describe(
  'units as systemd sees them',
  lacking !== undefined && !process.env['CI'] ? { skip: `unit: ${lacking}` } : {},
  () => {
    if (lacking !== undefined && !process.env['CI']) return;
    for (const [rule, words] of SAYS) {
      for (const [i, example] of rule.examples.entries()) {
        const marked = Object.values(example.files).some((t) => t.includes('⟦'));
        const bare = Object.fromEntries(Object.entries(example.files).map(([f, t]) => [f, t.replaceAll(/[⟦⟧]/g, '')]));
        test(`${rule.id}: ${example.title ?? `example ${i + 1}`}`, () => {
          if (marked) assert.match(verify(bare), words);
          else if (example.title === LENIENT) assert.match(verify(bare), words);
          else assert.doesNotMatch(verify(bare), words);
          if (example.good) assert.doesNotMatch(verify({ ...bare, ...example.good }), words);
        });
      }
    }
  },
);
