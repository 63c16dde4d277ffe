import { nearest } from '../../knowledge/near';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { runsGuests } from './_guests';
import { listItems } from './_lists';

const MODES = ['default', 'none', 'writethrough', 'writeback', 'directsync', 'unsafe'];
/** Of libvirt's kinds of disk source those that nova makes. */
const TYPES = ['file', 'block', 'network', 'mount'];

export default defineRule({
  id: 'nova/disk-cachemodes-syntax',
  scope: 'host',
  title: 'A cache mode that nova ignores',
  severity: 'warning',
  files: ['nova'],
  messages: {
    mode: '{mode} is no cache mode: nova ignores {item}; it takes none, writethrough, writeback, directsync, unsafe, default',
    type: '{type} is no kind of disk: {item} has no effect, without a word in the log; nova knows file, block, network, mount',
    form: '{item} is not TYPE=MODE, as file=none is: nova ignores it',
  },
  fixes: { near: 'Write {right}' },
  why: `Nova goes on with its own choice, which is none where the file system takes O_DIRECT. Of a mode that it does not know it says
*Invalid cachemode … specified for disk type …*; a kind of disk that no guest has is kept in silence. Capitals count.`,
  sources: ['nova/virt/libvirt/driver.py, __init__ and _set_cache_mode, 26.2.2', 'nova-compute 26.2.2: starts'],
  explains: [/Invalid cachemode \S* specified for disk type/],
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = ⟦file=writebak⟧, network=writeback\n',
      },
      good: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = file=writeback, network=writeback\n',
      },
    },
    {
      title: 'capitals, in quotes',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\nvirt_type=kvm\r\ndisk_cachemodes="⟦file=None⟧"\r\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nvirt_type=kvm\r\ndisk_cachemodes="file=none"\r\n' },
    },
    {
      title: 'a kind that no disk is of',
      release: 'havana',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlibvirt_type=kvm\ndisk_cachemodes=⟦networks=writeback⟧,network=none\n',
      },
      good: {
        'etc/nova/nova.conf': '[DEFAULT]\nlibvirt_type=kvm\ndisk_cachemodes=network=writeback,network=none\n',
      },
    },
    {
      title: 'a colon, no kind, and a kind that is like none',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = ⟦file:none⟧, ⟦writeback⟧, ⟦rbd=writeback⟧\n',
      },
    },
    {
      title: 'right, empty, by reference, and a controller',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[libvirt]\ndisk_cachemodes = "network=writeback", file=default,\n',
        'b/etc/nova/nova.conf': '[libvirt]\ndisk_cachemodes =\n',
        'c/etc/nova/nova.conf': '[libvirt]\ndisk_cachemodes = file=$virt_type\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\ndisk_cachemodes = file\n',
      },
    },
  ],
  check(host, report) {
    const list = listItems(host, 'disk_cachemodes');
    if (!list || !runsGuests(host)) return;
    for (const { word, span } of list.items) {
      // Quotes round single items have a finding of their own.
      if (/["']/.test(word)) continue;
      const [type = '', mode] = word.split(/=(.*)/s);
      const place = { file: list.file, span };
      const values = { item: word, type, mode: mode ?? '' };
      if (mode === undefined) report({ ...place, message: 'form', values });
      else if (!MODES.includes(mode))
        report({ ...place, message: 'mode', values, fixes: [near(mode, MODES, type, '')] });
      else if (!TYPES.includes(type))
        report({ ...place, message: 'type', values, fixes: [near(type, TYPES, '', `=${mode}`)] });

      function near(name: string, known: readonly string[], before: string, after: string) {
        const [right] = nearest(name, known);
        if (right === undefined) return undefined;
        const text = before === '' ? right + after : `${before}=${right}`;
        return { title: 'near' as const, values: { right: text }, edits: [replace(list!.file, span, text)] };
      }
    }
  },
});
