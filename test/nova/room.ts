/** Room by the real placement, which nova's own scheduler asks. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { DrainPlanView } from '../../server/src/fleet-protocol';
import { NovaDriver } from '../../server/src/migration/nova/driver';
import { startFleet } from '../fleet/fleet-process';
import { login, noNova, PASSWORD, until, type NovaLab } from './lab';
import { cloudsFolder, siteOf } from './site';

const { signal } = new AbortController();

export function roomSuite(lab: () => NovaLab): void {
  describe('room, by a real placement', { skip: noNova }, () => {
    const folders: string[] = [];
    const clouds = (username: string, project: string, more: object = {}): string => {
      const auth = { auth_url: lab().authUrl, username, project_name: project };
      const own = { auth: { ...auth, user_domain_id: 'default', project_domain_id: 'default' }, ...more };
      const folder = cloudsFolder({ lab: own }, { lab: { auth: { password: PASSWORD } } });
      folders.push(folder);
      return folder;
    };
    let base: string;
    let headers: { readonly [name: string]: string };
    before(async () => {
      base = `http://127.0.0.1:${Number(new URL(lab().authUrl).port) + 1}`;
      headers = {
        'X-Auth-Token': await login(lab().authUrl),
        'OpenStack-API-Version': 'placement 1.14',
        'Content-Type': 'application/json',
      };
    });
    after(() => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });
    const call = async (url: string, method = 'GET', body?: object): Promise<unknown> => {
      const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    };

    interface Memory {
      readonly total: number;
      readonly reserved: number;
      readonly allocation_ratio: number;
    }
    const inventory = async (host: string) => {
      const { resource_providers: all } = (await call(`${base}/resource_providers?name=${host}`)) as {
        resource_providers: { uuid: string }[];
      };
      const where = `${base}/resource_providers/${all[0]!.uuid}`;
      const { inventories } = (await call(`${where}/inventories`)) as { inventories: { MEMORY_MB: Memory } };
      const { usages } = (await call(`${where}/usages`)) as { usages: { MEMORY_MB: number } };
      return { where, memory: inventories.MEMORY_MB, used: usages.MEMORY_MB };
    };
    /** All but so much of a host's memory is set aside. @param left undefined: as it was */
    const leave = async (host: string, left?: number): Promise<void> => {
      const { where, memory, used } = await inventory(host);
      const { total, allocation_ratio: ratio } = memory;
      const reserved = left === undefined ? 512 : total - Math.ceil((left + used) / ratio);
      await until('placement to take it', async () => {
        // Nova's own service writes there, too: whoever saw an older state is refused.
        const { resource_provider_generation } = (await call(`${where}/inventories`)) as {
          resource_provider_generation: number;
        };
        const body = { resource_provider_generation, ...memory, reserved };
        return call(`${where}/inventories/MEMORY_MB`, 'PUT', body).then(
          () => true,
          (error: unknown) => {
            if (/: 409 /.test(String(error))) return false;
            throw error;
          },
        );
      });
    };

    test('it is what inventories and usages come to; a host that is full is not gone', async () => {
      const folder = clouds('admin', 'admin');
      const driver = new NovaDriver(siteOf({ folder, nodes: ['compute1', 'compute2.example.org'] }));
      await driver.instances(signal);
      const { free, unknown } = await driver.room(signal);
      assert.equal(unknown, undefined);
      for (const [host, node] of [
        ['compute1', 'compute1'],
        ['compute2', 'compute2.example.org'],
      ] as const) {
        const { memory, used } = await inventory(host);
        const { total, reserved, allocation_ratio: ratio } = memory;
        assert.equal(free.get(node), Math.floor((total - reserved) * ratio) - used, node);
      }
    });

    test('where placement has no room a plan says so, and nova says so, too', async () => {
      const folder = clouds('admin', 'admin');
      const ini = `[cloud]\ndriver = nova\nname = lab\n[node compute1]\naddress = 127.0.0.1\nport = 1\n[node compute2]\naddress = 127.0.0.1\nport = 1\n`;
      writeFileSync(path.join(folder, 'livemig.ini'), ini);
      const fleet = startFleet('lab');
      const uuid = await lab().server('tight', 'compute1');
      try {
        const files = [{ uri: pathToFileURL(path.join(folder, 'livemig.ini')).href, text: ini }];
        await fleet.ask('inventories', { files, trusted: true });
        const plan = (more = {}) =>
          fleet.ask<DrainPlanView>('drainPlan', { cluster: 'lab', node: 'compute1', ...more });
        const driver = new NovaDriver(siteOf({ folder }));
        await leave('compute2', 300);
        for (const more of [{}, { destination: 'compute2' }]) {
          const { moves, stay, notes } = await plan(more);
          assert.deepEqual(moves, [], notes.join('\n'));
          const { why } = stay.find((one) => one.name === 'tight')!;
          assert.match(why, /^placement has no room for its 512 MiB: compute2 has (?:30[0-2]|29\d)$/);
        }
        const request = { uuid, source: 'compute1', destination: 'compute2', options: {} };
        const failed = await (await driver.migrate(request, signal)).outcome;
        assert.equal(failed.phase, 'failed');
        assert.match(failed.message!, /No valid host was found/);
        await leave('compute2');
        const free = await plan();
        assert.deepEqual([free.moves.map(({ name }) => name), free.stay], [['tight'], []]);
      } finally {
        await leave('compute2');
        await fleet.stop();
        await lab().remove(uuid);
      }
    });

    test('one who may not ask placement, or has none, is told that room is not known, and no more', async () => {
      const keystone = lab().authUrl;
      const somebody = `somebody-${randomUUID()}`;
      type Named = { readonly [kind: string]: readonly { readonly id: string; readonly name: string }[] };
      const [project] = ((await call(`${keystone}/projects?name=admin`)) as Named).projects!;
      const [role] = ((await call(`${keystone}/roles?name=member`)) as Named).roles!;
      const { user } = (await call(`${keystone}/users`, 'POST', {
        user: { name: somebody, password: PASSWORD, domain_id: 'default' },
      })) as { user: { id: string } };
      await call(`${keystone}/projects/${project!.id}/users/${user.id}/roles/${role!.id}`, 'PUT');
      const log: string[] = [];
      const room = (folder: string) => new NovaDriver(siteOf({ folder, log })).room(signal);
      const refused = await room(clouds(somebody, 'admin'));
      assert.equal(refused.free.size, 0);
      assert.match(refused.unknown!, /^How much room hosts have is not known: placement refuses: .*needs a role/);
      assert.ok(log.some((line) => /^placement: GET \/\S+ \(1\.14\) 403 /.test(line)));
      const internal = await room(clouds('admin', 'admin', { placement_endpoint_override: 'http://127.0.0.1:1' }));
      assert.match(internal.unknown!, /is not known: http:\/\/127\.0\.0\.1:1: nothing listens there/);
    });
  });
}
