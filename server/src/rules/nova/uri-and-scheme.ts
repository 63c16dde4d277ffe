import { ofUri } from '../../model/transport';
import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { isPlaceholder } from './_items';
import { isTransport } from './_transports';

export default defineRule({
  id: 'nova/uri-and-scheme',
  scope: 'host',
  title: 'live_migration_scheme is overruled by live_migration_uri',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'ocata' },
  messages: {
    default:
      'live_migration_scheme = {scheme} counts for nothing: live_migration_uri goes over {transport}; delete one of them',
  },
  fixes: {
    uri: 'Delete live_migration_uri: migrate over {scheme}',
    scheme: 'Delete live_migration_scheme: migrate over {transport}, as now',
  },
  why: `Where live_migration_uri is set nova takes it and does not look at live_migration_scheme. Migrations work, but over another
transport than the scheme says: without encryption, perhaps.`,
  sources: [
    'nova/virt/libvirt/driver.py, _live_migration_uri, 15.0.0 to 33.0.0',
    'nova 26.2.2 with both: went over TCP',
  ],
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\nlive_migration_scheme = ⟦tls⟧\n',
      },
      fix: 'uri',
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n' },
    },
    {
      title: 'the other way out',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_scheme=⟦tls⟧\r\nlive_migration_uri=qemu+ssh://nova@%s/system\r\n',
      },
      fix: 'scheme',
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_uri=qemu+ssh://nova@%s/system\r\n' },
    },
    {
      title: 'without the URI, among other options',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_scheme = ⟦tls⟧\nlive_migration_uri = qemu+tcp://%s/system\nvirt_type = kvm\n',
      },
      fix: 'uri',
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\nvirt_type = kvm\n' },
    },
    {
      title: 'without the scheme, among other options',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\nlive_migration_scheme = ⟦tls⟧\nvirt_type = kvm\n',
      },
      fix: 'scheme',
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\nvirt_type = kvm\n' },
    },
    {
      title: 'both say the same',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tls://%s/system\nlive_migration_scheme = TLS\n',
      },
    },
    {
      title: 'qemu:// without a transport is TLS',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu://%s/system\nlive_migration_scheme = tls\n',
      },
    },
    { title: 'only one of them', files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n' } },
  ],
  check(host, report) {
    const scheme = host.nova.get('live_migration_scheme');
    const uri = host.nova.get('live_migration_uri');
    const place = placeOf(scheme);
    const overruling = placeOf(uri);
    if (!scheme?.value || !uri?.value || !place || !overruling) return;
    if (isPlaceholder(scheme.value) || isPlaceholder(uri.value)) return;
    const transport = ofUri(uri.value)?.transport;
    if (!transport || transport === scheme.value.toLowerCase() || !runsGuests(host)) return;
    report({
      ...place,
      values: { scheme: scheme.value, transport },
      related: [{ ...overruling, message: 'This counts' }],
      tags: ['unnecessary'],
      fixes: [
        // What would count then must be a transport.
        isTransport(scheme.value.toLowerCase()) ? { title: 'uri', edits: removeAll(host, uri.option) } : undefined,
        { title: 'scheme', edits: removeAll(host, scheme.option), preferred: false },
      ],
    });
  },
});
