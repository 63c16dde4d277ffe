import { releaseIndex } from '../../knowledge/releases';
import { isAddress, type Mount } from '../../model/cluster';
import type { ListOption } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { cephMounts, isNewForm } from './_ceph';
import { dropMountOption } from './_mounts';

const USSURI = releaseIndex('ussuri') ?? 0;

/** `user@` or `user@fsid`, a dot, the file system's name, `=`, and a path or nothing; the fsid has 36 characters. */
const NEW_FORM = /^[^@]+@(?:[^.]{36})?\.[^=]+=/;

export default defineRule({
  id: 'fstab/cephfs-device-form',
  scope: 'host',
  title: 'mount.ceph cannot read what is to be mounted',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default: '{spec} is neither mon,mon:/path nor user@fsid.name=/path: mount.ceph says invalid device string format',
    near: '{spec} is neither mon,mon:/path nor user@fsid.name=/path: mount.ceph refuses it; write {right}',
    comma: 'The comma ends mon_addr, and {address} is no option: the mount is refused; put a slash between monitors',
    user: 'name={name} and {user}@ are two users: mismatching ceph user in mount option and device string; keep one',
    old: 'mds_namespace is the old name of fs: write fs={value}',
  },
  fixes: {
    form: 'Write {right}',
    slash: 'Put slashes between the monitors',
    drop: 'Take name={name} out',
    fs: 'Write fs={value}',
  },
  why: `*error parsing device string*, *source mount path was not specified*: the share is not mounted, nova writes to the local disk,
and migrations fail with *is not on shared storage*. The form \`user@.name=/path\` needs its dot, also where no fsid stands before
it; the monitors in \`mon_addr\` are separated by slashes, since commas separate options.`,
  sources: ['Ceph, src/mount/mount.ceph.c, parse_new_dev, parse_old_dev and parse_options', 'mount.ceph(8)'],
  explains: [/invalid device string format/, /error parsing device string/, /mismatching ceph user/],
  preflight: true,
  examples: [
    {
      title: 'the dot is missing; the path is missing',
      files: {
        'a/etc/fstab': '⟦nova@cephfs=/⟧ /var/lib/nova/instances ceph secretfile=/etc/ceph/s,_netdev 0 0\n',
        'b/etc/fstab': '⟦mon1:6789,mon2:6789⟧ /var/lib/nova/instances ceph name=nova 0 0\n',
      },
      good: {
        'a/etc/fstab': 'nova@.cephfs=/ /var/lib/nova/instances ceph secretfile=/etc/ceph/s,_netdev 0 0\n',
        'b/etc/fstab': 'mon1:6789,mon2:6789:/ /var/lib/nova/instances ceph name=nova 0 0\n',
      },
    },
    {
      title: 'an fsid of another length, and what nobody can guess',
      files: {
        'a/etc/fstab': '⟦nova@b3acfc0d.cephfs=/⟧ /var/lib/nova/instances ceph _netdev 0 0\n',
        'b/etc/fstab': '⟦/dev/rbd0⟧ /var/lib/nova/instances ceph name=nova 0 0\n',
      },
    },
    {
      title: 'commas between the monitors',
      files: {
        'etc/fstab':
          'nova@.cephfs=/ /var/lib/nova/instances ceph mon_addr=10.0.0.1:6789,⟦10.0.0.2:6789⟧,10.0.0.3,noatime 0 0\n',
      },
      good: {
        'etc/fstab':
          'nova@.cephfs=/ /var/lib/nova/instances ceph mon_addr=10.0.0.1:6789/10.0.0.2:6789/10.0.0.3,noatime 0 0\n',
      },
    },
    {
      title: 'two users',
      files: { 'etc/fstab': 'nova@.cephfs=/ /var/lib/nova/instances ceph ⟦name=admin⟧ 0 0\n' },
      fix: 'drop',
      good: { 'etc/fstab': 'nova@.cephfs=/ /var/lib/nova/instances ceph defaults 0 0\n' },
    },
    {
      title: 'the old name of an option',
      severity: 'info',
      files: { 'etc/fstab': 'mon1:/ /var/lib/nova/instances ceph name=nova,⟦mds_namespace=nova⟧ 0 0\n' },
      good: { 'etc/fstab': 'mon1:/ /var/lib/nova/instances ceph name=nova,fs=nova 0 0\n' },
    },
    {
      title: 'before Ceph knew the new name',
      release: 'queens',
      files: { 'etc/fstab': 'mon1:/ /var/lib/nova/instances ceph name=nova,mds_namespace=nova 0 0\n' },
    },
    {
      title: 'both forms, with and without monitors, ports, fsid and path; not the instances',
      files: {
        'a/etc/fstab':
          '10.0.0.1:6789,[2001:db8::2]:6789,mon3:/v/n /var/lib/nova/instances ceph name=nova 0 0\nx /x ceph rw 0 0\n',
        'b/etc/fstab':
          'nova@b3acfc0d-575f-41d3-9c91-0e7ed3dbb3fa.cephfs=/ /var/lib/nova/instances ceph mon_addr=10.0.0.1:6789/10.0.0.2:6789,ms_mode=secure,name=nova 0 0\n',
        'c/etc/fstab':
          'nova@.cephfs= /var/lib/nova/instances ceph fs=cephfs 0 0\n:/nova /mnt/nova/instances ceph name=nova 0 0\n',
      },
    },
  ],
  check(host, report) {
    for (const mount of cephMounts(host)) {
      const { file, entry } = mount;
      const { spec } = entry;
      const isNew = isNewForm(spec.value);
      if (isNew ? !NEW_FORM.test(spec.value) : !spec.value.includes(':/')) {
        const right = repaired(spec.value);
        report({
          file,
          span: spec.span,
          message: right === undefined ? 'default' : 'near',
          values: { spec: spec.value, right: right ?? '' },
          fixes: [
            right !== undefined && spec.raw === spec.value
              ? { title: 'form', values: { right }, edits: [replace(file, spec.span, right)] }
              : undefined,
          ],
        });
      }
      const monitors = strayMonitors(mount);
      const [stray] = monitors;
      if (stray)
        report({
          file,
          span: stray.span,
          message: 'comma',
          values: { address: stray.name },
          fixes: [
            {
              title: 'slash',
              edits: monitors.map((m) => replace(file, { start: m.span.start - 1, end: m.span.start }, '/')),
            },
          ],
        });
      const user = isNew ? spec.value.slice(0, spec.value.indexOf('@')) : undefined;
      const name = entry.optionList.findLast((o) => o.name === 'name');
      if (user && name?.value && name.value !== user)
        report({
          file,
          span: name.span,
          message: 'user',
          values: { user, name: name.value },
          fixes: [
            {
              title: 'drop',
              values: { name: name.value },
              edits: [dropMountOption(mount, name)],
              preferred: false,
            },
          ],
        });
      const old = entry.optionList.find((o) => o.name === 'mds_namespace');
      // Ceph Octopus came in the time of Ussuri.
      if (old?.value && host.release.index >= USSURI)
        report({
          file,
          span: old.span,
          message: 'old',
          values: { value: old.value },
          severity: 'info',
          tags: ['deprecated'],
          fixes: [{ title: 'fs', values: { value: old.value }, edits: [replace(file, old.span, `fs=${old.value}`)] }],
        });
    }
  },
});

/** `user@name=/path` lacks its dot, and what is all monitors its path. */
function repaired(spec: string): string | undefined {
  if (/^[^@.=]+@[^@.=]+=(\/|$)/.test(spec)) return spec.replace('@', '@.');
  return /^[\w.[\]-]*[\w\]](:\d+)?(,[\w.[\]-]*[\w\]](:\d+)?)*$/.test(spec) ? `${spec}:/` : undefined;
}

/** Addresses that stand as options of their own behind mon_addr. */
function strayMonitors({ entry }: Mount): readonly ListOption[] {
  const at = entry.optionList.findIndex((o) => o.name === 'mon_addr');
  const found: ListOption[] = [];
  for (const option of at < 0 ? [] : entry.optionList.slice(at + 1)) {
    const address = option.name.replace(/(?<=^[^:]+|\]):\d+$/, '').replace(/^\[|\]$/g, '');
    if (option.value !== undefined || !isAddress(address)) break;
    found.push(option);
  }
  return found;
}
