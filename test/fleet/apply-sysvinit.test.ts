import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { planApply, runApply } from '../../server/src/fleet/apply';
import { hostOf } from '../../server/src/fleet/host';
import { tempFolder } from '../support/temp';
import { noSystemd, startSystemd, type Systemd } from './systemd';

const { path: folder, remove } = tempFolder();
chmodSync(folder, 0o711);
after(remove);

const CONF = '/etc/libvirt/libvirtd.conf';
const TIMES = { wait: 8000, settle: 300, poll: 100 };
const without = noSystemd || (!existsSync('/etc/init.d/libvirtd') && 'libvirt-daemon-system-sysv is not installed');

describe('apply, with Debian’s own /etc/init.d/libvirtd', { skip: without }, () => {
  let node: Systemd;
  before(async () => {
    node = await startSystemd(folder, 'sysvinit');
    rmSync(node.at('/etc/libvirt/qemu/networks/autostart'), { recursive: true, force: true });
  });
  after(() => node.stop());

  async function apply(conf: string, defaults: string) {
    writeFileSync(node.at(CONF), conf);
    writeFileSync(node.at('/etc/default/libvirtd'), defaults);
    const files = [
      { path: 'etc/libvirt/libvirtd.conf', bytes: Buffer.from(conf), mode: 0o644, uid: 0, gid: 0 },
      { path: 'etc/default/libvirtd', bytes: Buffer.from(defaults), mode: 0o644, uid: 0, gid: 0 },
    ];
    const facts = { init: 'sysvinit', distribution: { id: 'debian', version: '12' } } as const;
    const plan = planApply(hostOf({ node: 'node', files, facts }), ['etc/libvirt/libvirtd.conf']);
    assert.equal(plan.steps[0]!.command, 'service libvirtd restart');
    return runApply(plan, node.runner, undefined, () => undefined, undefined, TIMES);
  }

  test('up, and listening where its configuration says', async () => {
    const result = await apply(
      'listen_tls = 0\nlisten_tcp = 1\ntcp_port = "16577"\nauth_tcp = "none"\n',
      'LIBVIRTD_ARGS="--listen"\n',
    );
    assert.equal(result.why, undefined, JSON.stringify(result.steps));
    assert.match(result.steps[1]!.title, /listens on port 16577/);
    const pid = readFileSync(node.at('/run/libvirtd.pid'), 'utf8').trim();
    const again = await apply(
      'listen_tls = 0\nlisten_tcp = 1\ntcp_port = "16578"\nauth_tcp = "none"\n',
      'LIBVIRTD_ARGS="--listen"\n',
    );
    assert.equal(again.ok, true, again.why);
    assert.notEqual(readFileSync(node.at('/run/libvirtd.pid'), 'utf8').trim(), pid);
  });

  test('what does not come up is told with the end of its log', async () => {
    const result = await apply(
      'log_outputs = "1:file:/var/log/libvirt/own.log"\nlisten_tls = 1\n',
      'LIBVIRTD_ARGS="--listen"\n',
    );
    assert.equal(result.ok, false);
    assert.match(
      result.steps.map((s) => s.said ?? '').join('\n'),
      /own\.log:\n[^]*cacert\.pem|Cannot read CA certificate/,
    );
  });
});
