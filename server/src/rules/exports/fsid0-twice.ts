import { clientOptions, covers, exportsOf } from '../../model/cluster';
import type { ExportedTo } from '../../model/exportTable';
import { normalise } from '../../model/host';
import { clientForm, clientsOf, isRootId, isWorld, networkHolds } from '../../model/nfs';
import { defineRule } from '../rule';
import { isBroken } from './_broken';
import { clientName, writtenOption } from './_instances';

/** Clients of one fsid that come before, by what decides whether a later one may be the same host. */
interface Seen {
  readonly bySpec: Map<string, ExportedTo>;
  readonly worlds: ExportedTo[];
  readonly networks: ExportedTo[];
}

export default defineRule({
  id: 'exports/fsid0-twice',
  scope: 'host',
  title: 'Two directories are given to the same client under one number',
  severity: 'warning',
  files: ['exports'],
  messages: {
    default:
      '{path} and {other} have one fsid for {client}: clients that mount this one find the other there; write another number',
    root: '{path} and {other} are both the root of NFSv4 for {client}: only the first of them is; keep fsid=0 on one',
  },
  why: `The fsid is how NFS tells file systems apart. Where two directories have the same, rpc.mountd says *… and … have same filehandle
for …, using first*: the clients of the second see the files of the first, and nova finds other disks than its guests'. exportfs
itself says nothing.`,
  sources: ['nfs-utils, support/export/cache.c, nfsd_fh', 'exportfs -ra of nfs-utils 2.6.2: accepts it'],
  explains: [/have same filehandle for .*, using first/],
  examples: [
    {
      files: { 'etc/exports': '/srv/nova *(rw,fsid=0)\n/srv/glance 10.0.0.0/24(rw,⟦fsid=root⟧)\n' },
    },
    {
      title: 'another number, in another spelling; a network and an address in it',
      files: {
        'etc/exports': '/srv/nova 10.0.0.0/24(rw,fsid=16)\n/srv/glance c1(rw,fsid=16) 10.0.0.5(rw,⟦fsid=0x10⟧)\n',
      },
    },
    {
      title: 'a UUID; the address first',
      files: {
        'etc/exports':
          '/a c1(rw,fsid=b3acfc0d-575f-41d3-9c91-0e7ed3dbb3fa)\n/b C1(rw,⟦fsid=B3ACFC0D575F41D39C910E7ED3DBB3FA⟧)\n/c 10.0.0.5(fsid=3)\n/d 10.0.0.0/24(⟦fsid=3⟧)\n',
      },
    },
    {
      title: 'other clients, names of which nothing is known, one directory, one below the other, other numbers',
      files: {
        'etc/exports':
          '/a 10.0.0.1(rw,fsid=0) 10.0.0.2(rw,fsid=0)\n/b 10.0.0.3(rw,fsid=0)\n/c c1(rw,fsid=0)\n/d c2(rw,fsid=1)\n/e c2(rw,fsid=2)\n' +
          '/export *(ro,fsid=5,crossmnt)\n/export/nova *(rw,fsid=5)\n/f 10.1.0.0/24(fsid=6)\n/g 10.2.0.0/24(fsid=6)\n',
      },
    },
  ],
  check(host, report) {
    const byId = new Map<string, Seen>();
    for (const one of exportsOf(host)) {
      if (isBroken(one)) continue;
      for (const client of clientsOf(one.entry)) {
        const id = idOf(clientOptions(one.entry, client).get('fsid'));
        if (id === undefined) continue;
        const to = { export: one, client };
        let seen = byId.get(id);
        if (!seen) byId.set(id, (seen = { bySpec: new Map(), worlds: [], networks: [] }));
        const other = rival(seen, to);
        remember(seen, to);
        const option = writtenOption(to, 'fsid');
        if (!other || !option) continue;
        report({
          file: one.file,
          span: option.span,
          message: id === '0' ? 'root' : 'default',
          values: { path: pathOf(to), other: pathOf(other), client: clientName(client) },
          related: [{ file: other.export.file, span: other.export.entry.pathSpan, message: 'the first one' }],
        });
      }
    }
  },
});

function pathOf(to: ExportedTo): string {
  return normalise(to.export.entry.path);
}

/** One spelling for all of a number or a UUID; undefined for none. */
function idOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (isRootId(value)) return '0';
  if (/^(0x[\da-f]+|\d+)$/i.test(value)) return String(Number(/^0\d/.test(value) ? `0o${value.slice(1)}` : value));
  return value.toLowerCase().replace(/[^\da-f]/g, '');
}

/** A client before that may be the same host, of a directory that is neither this one nor above or below it. */
function rival(seen: Seen, to: ExportedTo): ExportedTo | undefined {
  const spec = to.client.host.toLowerCase();
  const path = pathOf(to);
  const apart = (other: ExportedTo | undefined): other is ExportedTo =>
    other !== undefined && !covers(pathOf(other), path) && !covers(path, pathOf(other));
  const world = seen.worlds.find(apart);
  if (world) return world;
  if (isWorld(spec)) return [...seen.bySpec.values()].find(apart);
  const same = seen.bySpec.get(spec);
  if (apart(same)) return same;
  if (clientForm(spec) !== 'network') return undefined;
  const [base] = spec.split('/');
  return seen.networks.find(
    (n) => apart(n) && (networkHolds(n.client.host, base!) || networkHolds(spec, n.client.host.split('/')[0]!)),
  );
}

function remember({ bySpec, worlds, networks }: Seen, to: ExportedTo): void {
  const spec = to.client.host.toLowerCase();
  if (isWorld(spec)) worlds.push(to);
  else if (clientForm(spec) === 'network') networks.push(to);
  if (!bySpec.has(spec)) bySpec.set(spec, to);
}
