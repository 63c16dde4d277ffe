// nfs.json: export options, mount options, and what libvirt thinks of a file system.
import { byCode, facts, generated, table } from './common.mjs';

const strip = (x) => JSON.parse(JSON.stringify(x, (_, v) => (v === null ? undefined : v)));

/** File systems that need the network at mount time but that the table of libvirt's shared ones does not tell apart. */
const NETWORK = ['nfs', 'nfs4', 'ceph', 'fuse.ceph', 'glusterfs', 'cifs', 'smb3', 'fuse.quobyte', 'beegfs', 'gpfs'];
/** The table's "nfs (v2/v3)" and "nfs (v4)" are nfs with a version restriction, which the kernel does not enforce by the type. */
const FS_NAME = { 'nfs (v2/v3)': ['nfs', 'nfs4'], 'nfs (v4)': ['nfs'], glusterfs: ['glusterfs', 'fuse.glusterfs'] };

export async function nfsTables(root) {
  const t = await facts(root, 'nfs-options.json');
  const mount = t.mountOptions
    .map((o) =>
      strip({
        ...o,
        fs: [...new Set(o.fs.flatMap((f) => FS_NAME[f] ?? [f]))].sort(byCode),
        versions: o.fs.includes('nfs (v2/v3)') ? '2,3' : o.fs.includes('nfs (v4)') ? '4' : undefined,
      }),
    )
    .sort((a, b) => byCode(a.name, b.name) || byCode(a.fs.join(), b.fs.join()));
  const fileSystems = Object.fromEntries(
    Object.entries(t.fileSystems).map(([name, f]) => [
      name,
      strip({
        libvirtShared: f.libvirtShared === true,
        libvirtCluster: f.libvirtCluster === true,
        network: NETWORK.includes(name),
        uncertain: typeof f.libvirtShared === 'string' ? f.libvirtShared : undefined,
        note: f.note,
      }),
    ]),
  );
  return {
    path: generated('nfs'),
    content: table({
      exportOptions: t.exportOptions.map(strip).sort((a, b) => byCode(a.name, b.name)),
      mountOptions: mount,
      fileSystems,
    }),
  };
}
