import type { Host, Place } from '../../model/host';
import { replace, TOP } from '../edits';
import { defineRule, type FixDraft } from '../rule';
import { isLocalName, mayMigrate, ownName } from './_names';

export default defineRule({
  id: 'hosts/host-duplicate',
  scope: 'cluster',
  title: 'Two machines have the same name',
  severity: 'error',
  files: ['hostname', 'facts'],
  messages: {
    default:
      '{name} is the name of {other} too: the destination gives the source its own name, and it dials itself; rename one',
  },
  fixes: { own: 'Call it {own}' },
  why: `The destination of a migration tells the source by which name to reach it. Where both have one name the source dials itself:
*unable to connect to server at 'compute1:49152': Connection refused*. Nova, too, takes both for one host unless \`host\` is set. It
comes of machines made from one image; \`hostnamectl set-hostname\` renames one.`,
  sources: ['virsh migrate between two hosts of libvirt 9.0.0 that have one name'],
  explains: [/unable to connect to server at '.*': Connection refused/],
  preflight: true,
  examples: [
    {
      files: { 'c1/etc/hostname': 'c1\n', 'c2/etc/hostname': '⟦c1⟧\n', 'c3/etc/hostname': 'c3\n' },
      good: { 'c2/etc/hostname': 'c2\n' },
    },
    {
      title: 'as measured, and neither folder is called so',
      files: {
        'a/facts.json': '⟦⟧{"hostname": "compute"}',
        'a/etc/hostname': 'a\n',
        'b/facts.json': '{"hostname": "compute"}',
        'b/etc/hostname': '⟦Compute⟧\n',
      },
    },
    {
      title: 'neither folder is called so, nothing measured',
      files: { 'a/etc/hostname': '⟦node⟧\n', 'b/etc/hostname': '⟦node⟧\n' },
      fix: 'own',
      good: { 'a/etc/hostname': 'a\n' },
    },
    {
      title: 'other domains, a controller, templates, the name of nobody yet',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'a/etc/hostname': 'c1.east.example.org\n',
        'b/etc/hostname': 'c1.west.example.org\n',
        'c1/etc/hostname': 'c1\n',
        'ctl/etc/hostname': 'c1\n',
        'd/etc/hostname': 'localhost\n',
        'e/etc/hostname': 'localhost\n',
        'f/etc/hostname': '{{ inventory_hostname }}\n',
        'g/etc/hostname': '{{ inventory_hostname }}\n',
      },
    },
  ],
  check(cluster, report) {
    const byName = new Map<string, Host[]>();
    for (const host of cluster.hosts) {
      const name = ownName(host)?.toLowerCase();
      if (name === undefined || isLocalName(name) || !mayMigrate(host)) continue;
      const list = byName.get(name);
      if (list) list.push(host);
      else byName.set(name, [host]);
    }
    for (const [name, hosts] of byName) {
      if (hosts.length < 2) continue;
      const rightful = hosts.filter((h) => isCalled(h, name));
      for (const host of hosts) {
        // The one that is meant to be called so has done nothing wrong.
        if (rightful.length === 1 && rightful[0] === host) continue;
        const other = rightful.find((h) => h !== host) ?? hosts.find((h) => h !== host)!;
        const place = placeOf(host, name);
        const theirs = placeOf(other, name);
        report({
          host,
          ...place,
          values: { name, other: other.name },
          related: [{ ...theirs, message: `${other.name} is called so` }],
          fixes: [rename(host, place, rightful.length === 1)],
        });
      }
    }
  },
});

/** Whether the folder or the node, which somebody named on purpose, says so too. */
function isCalled(host: Host, name: string): boolean {
  return [host.name, host.node?.name].some((n) => n?.toLowerCase() === name || n?.toLowerCase() === name.split('.')[0]);
}

function placeOf(host: Host, name: string): Place {
  const file = host.first('hostname');
  const text = file?.text.trim().toLowerCase();
  if (file && text === name) {
    const start = file.text.search(/\S/);
    return { file, span: { start, end: start + name.length } };
  }
  return { file: host.first('facts')!, span: TOP };
}

function rename(host: Host, { file, span }: Place, preferred: boolean): FixDraft<'own'> | undefined {
  const own = host.node?.name ?? host.name;
  // What was measured stays until it is measured again.
  if (file.kind !== 'hostname' || host.facts?.hostname !== undefined || !/^[A-Za-z\d][\w.-]*$/.test(own))
    return undefined;
  return { title: 'own', values: { own }, edits: [replace(file, span, own)], preferred };
}
