/** Nova moves what runs on nodes that are also read over SSH: what their files say stops a migration before nova is asked. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { DrainPlanView, VerdictView } from '../../server/src/fleet-protocol';
import { startFleet, type FleetProcess } from '../fleet/fleet-process';
import { keygen, noSshd, startSshd, type Sshd } from '../fleet/sshd';
import { livemig } from '../support/cli';
import { tempFolder } from '../support/temp';
import { HOSTS, noNova, PASSWORD, type NovaLab } from './lab';
import { cloudsFolder } from './site';

export function readSuite(lab: () => NovaLab): void {
  describe('nodes of a real Nova that are read over SSH', { skip: noNova || noSshd }, () => {
    const temp = tempFolder();
    chmodSync(temp.path, 0o711);
    const sshds: Sshd[] = [];
    let folder: string;
    let config: string;
    let fleet: FleetProcess;
    let uuid: string;

    const conf = (host: string): string => path.join(temp.path, host, 'nova.conf');
    const write = (host: string, inbound: string): void =>
      writeFileSync(conf(host), `[DEFAULT]\nhost = ${host}\n[libvirt]\nlive_migration_inbound_addr = ${inbound}\n`);

    before(async () => {
      fleet = startFleet('lab');
      const key = keygen(path.join(temp.path, 'id'));
      for (const host of HOSTS) {
        mkdirSync(path.dirname(conf(host)));
        write(host, host);
        // Each has a name and a nova.conf of its own, and nothing else of nova's or libvirt's.
        const name = path.join(temp.path, host, 'hostname');
        writeFileSync(name, `${host}\n`);
        const mounts = [
          ['--bind', name, '/etc/hostname'],
          ['--bind', path.dirname(conf(host)), '/etc/nova'],
          ...['/etc/libvirt', '/etc/default'].map((where) => ['-t', 'tmpfs', 'none', where]),
          ['--bind', '/dev/null', '/usr/bin/virsh'],
        ];
        sshds.push(await startSshd(temp.path, { keys: [key], mounts, hostname: host }));
      }
      config = path.join(temp.path, 'ssh_config');
      const known = path.join(temp.path, 'known_hosts');
      writeFileSync(known, sshds.map((s) => `[127.0.0.1]:${s.port} ${s.hostKey}\n`).join(''));
      writeFileSync(
        config,
        `UserKnownHostsFile ${known}\nIdentityFile ${path.join(temp.path, 'id')}\nIdentityAgent none\n`,
      );
      const auth = { auth_url: lab().authUrl, username: 'admin', project_name: 'admin' };
      folder = cloudsFolder({ lab: { auth } }, { lab: { auth: { password: PASSWORD } } });
      const node = (host: string, i: number): string =>
        `[node ${host}]\naddress = 127.0.0.1\nport = ${sshds[i]!.port}\nuser = root\nroles = compute\n`;
      const text = `release = zed\n[cloud]\ndriver = nova\nname = lab\n${HOSTS.map(node).join('')}`;
      writeFileSync(path.join(folder, 'livemig.ini'), text);
      const files = [{ uri: pathToFileURL(path.join(folder, 'livemig.ini')).href, text }];
      await fleet.ask('inventories', { files, trusted: true, sshConfig: config });
      uuid = await lab().server('read', 'compute1');
    });
    after(async () => {
      await fleet.stop();
      await Promise.all(sshds.map((sshd) => sshd.stop()));
      await lab().remove(uuid);
      rmSync(folder, { recursive: true, force: true });
      temp.remove();
    });

    const found = ({ reasons }: Pick<VerdictView, 'reasons'>) =>
      reasons.map(({ rule, severity, host, uri, line }) => [rule, severity, host, uri.replace(/^.*:\/\/\//, ''), line]);
    const fault = ['nova/inbound-addr-loopback', 'error', 'compute2', 'lab/compute2/etc/nova/nova.conf', 3];
    const refresh = () => Promise.all(HOSTS.map((host) => fleet.refresh(host)));

    test('a fault on the destination blocks the list, the plan and the command; repaired it goes by nova', async () => {
      write('compute2', '127.0.0.1');
      const [verdict, ...others] = await fleet.ask<VerdictView[]>('verdicts', {
        cluster: 'lab',
        node: 'compute1',
        uuid,
      });
      assert.deepEqual([verdict?.node, verdict?.state, others], ['compute2', 'blocked', []]);
      assert.deepEqual(found(verdict!), [fault]);
      const plan = () => fleet.ask<DrainPlanView>('drainPlan', { cluster: 'lab', node: 'compute1' });
      const { moves, stay } = await plan();
      assert.deepEqual(
        [moves, stay.map(({ name, why }) => `${name}: ${why}`)],
        [[], ['read: pre-flight says no: compute2']],
      );
      assert.deepEqual(found(stay[0]!), [fault]);
      const run = (...args: string[]) => livemig([...args, '--ssh-config', config], { cwd: folder });
      const refused = await run('migrate', 'read', '--to', 'compute2', '--wait');
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /compute2: blocked\n.*nova\.conf:4.*live_migration_inbound_addr/s);
      assert.deepEqual(await lab().records(uuid), []);

      write('compute2', 'compute2');
      await refresh();
      assert.deepEqual(
        (await plan()).moves.map(({ name, state }) => [name, state]),
        [['read', 'ready']],
      );
      const moved = await run('migrate', 'read', '--to', 'compute2', '--wait');
      assert.deepEqual([moved.code, await lab().hostOf(uuid)], [0, 'compute2'], moved.stderr);
    });
  });
}
