import { TOP } from '../edits';
import { defineRule } from '../rule';
import { placeOf, placeOfMissing } from './_entry';
import { runsGuests } from './_guests';

export default defineRule({
  id: 'nova/instances-path-missing',
  scope: 'host',
  title: 'The directory of the instances does not exist',
  severity: 'error',
  files: ['nova'],
  messages: {
    default: '{path} does not exist on {host}: no guest can start here or migrate to here; make it, owned by nova',
    file: '{path} is no directory on {host}: no guest can start here or migrate to here',
  },
  why: `Before a migration nova-compute of the destination makes a file in instances_path. Without the directory: *FileNotFoundError: [Errno
2] No such file or directory*; the guest keeps running on the source, and nova puts it into the state ERROR. nova-compute itself starts
and logs the same at every look at its resources.`,
  sources: [
    'nova-compute 26.2.2 without the directory',
    'a live migration to it: FileNotFoundError, the server goes ERROR',
  ],
  explains: [/FileNotFoundError: \[Errno 2\] No such file or directory: '\S*instances/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = ⟦/srv/instances⟧\n[libvirt]\nvirt_type = kvm\n',
        'facts.json': '{"paths":{"/srv/instances":null}}',
      },
    },
    {
      title: 'by state_path, and a file in its place',
      files: {
        'a/etc/nova/nova.conf': '[DEFAULT]\nstate_path = ⟦/srv/nova⟧\n[libvirt]\nvirt_type = kvm\n',
        'a/facts.json': '{"paths":{"/srv/nova/instances":{"type":"file","mode":420,"uid":0,"gid":0}}}',
        'b/etc/nova/nova.conf': '⟦[DEFAULT]⟧\nmy_ip = 10.0.0.2\n[libvirt]\nvirt_type = kvm\n',
        'b/facts.json': '{"paths":{"/var/lib/nova/instances":null}}',
      },
    },
    {
      title: 'it is there; nobody looked; a controller',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/instances/\n',
        'a/facts.json': '{"paths":{"/srv/instances":{"type":"folder","mode":493,"uid":64060,"gid":64060}}}',
        'b/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/instances\n',
        'b/facts.json': '{"paths":{"/etc/libvirt":null}}',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/instances\n',
        'ctl/facts.json': '{"paths":{"/srv/instances":null}}',
      },
    },
  ],
  check(host, report) {
    const path = host.instancesPath;
    const facts = host.first('facts');
    if (path === undefined || !facts || !runsGuests(host)) return;
    const measured = host.facts?.paths?.[path];
    if (measured === undefined || measured?.type === 'folder') return;
    const setting = host.nova.get('instances_path');
    const place =
      placeOf(setting) ?? placeOf(host.nova.get('state_path')) ?? (setting && placeOfMissing(host, setting.option));
    if (!place) return;
    report({
      ...place,
      message: measured === null ? 'default' : 'file',
      values: { path, host: host.name },
      related: [{ file: facts, span: TOP, message: 'As measured' }],
    });
  },
});
