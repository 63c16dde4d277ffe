import { replace } from '../edits';
import { defineRule } from '../rule';
import { runsGuests } from './_guests';
import { usesQemu } from './_options';
import { QEMU_PATHS, spanOfPart, uriOf, URI_TRANSPORTS } from './_uris';

export default defineRule({
  id: 'nova/uri-wrong-driver',
  scope: 'host',
  title: 'live_migration_uri leads to no QEMU driver',
  severity: 'error',
  files: ['nova'],
  messages: {
    driver:
      'Guests are QEMU and KVM, live_migration_uri asks for the driver {driver}: libvirt refuses; write qemu+{transport}://%s/system',
    transport:
      'live_migration_uri asks for the transport {transport}, which libvirt does not know: migrations fail; write tls, tcp or ssh',
    path: 'live_migration_uri ends in {path}: libvirt at the destination refuses all but /system; write qemu+{transport}://%s/system',
  },
  fixes: { driver: 'Write qemu for {driver}', path: 'Write /system' },
  why: `The destination's libvirt opens what the URI names in front of \`+\` and behind the host. For QEMU and KVM that is \`qemu\` and
\`/system\`, both in lower case. Otherwise every migration from this host ends with *no connection driver available for kvm:///system* or
*unexpected QEMU URI path '/sytem', try qemu:///system*; with a transport that there is not, in *transport in URL not recognised (should
be tls|unix|ssh|ext|tcp|libssh2|libssh)*; without a path older versions say *no QEMU URI path given*.`,
  sources: ['virsh -c of libvirt 9.0.0 to a daemon over TCP with each of the examples'],
  explains: [
    /unexpected qemu URI path/i,
    /no QEMU URI path given/,
    /transport in URL not recognised/,
    /no connection driver available for/,
    /libxenlight state driver is not active/,
  ],
  preflight: 'source',
  examples: [
    {
      title: 'no path',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = ⟦qemu+tcp://%s⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\n' },
    },
    {
      title: 'a slip, before parameters',
      release: 'grizzly',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\r\nlive_migration_uri="qemu+ssh://nova@%s⟦/sytem⟧?keyfile=/k"\r\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\nlive_migration_uri="qemu+ssh://nova@%s/system?keyfile=/k"\r\n' },
    },
    {
      title: 'KVM is the virt_type, the driver is called qemu',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = ⟦kvm⟧+tcp://%s/system\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\n' },
    },
    {
      title: 'a transport that there is not',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = ⟦qemu+tcpp://%s/system⟧\n' },
    },
    {
      title: 'put together of other options',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nzone = xen+tcp\n[libvirt]\nvirt_type = qemu\nlive_migration_uri = ⟦${connection_uri}+tls://%s/system⟧\nconnection_uri = xen\n',
      },
    },
    {
      title: 'as it should be: with a port, a user, the old path, a name for the other side, TLS without a transport',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s:16509/system\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/session\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/?name=qemu:///system\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu://%s/system\n',
      },
    },
    {
      title: 'Xen, Virtuozzo, and what other rules tell of',
      release: 'mitaka',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = xen\nlive_migration_uri = xenmigr://%s/system\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = parallels\nlive_migration_uri = parallels+tcp://%s/system\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system # note\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = {{ uri }}\n',
      },
    },
  ],
  check(host, report) {
    const setting = host.nova.get('live_migration_uri');
    const uri = uriOf(setting);
    if (!setting?.entry || !setting.file || !uri || uri.authority === '' || uri.renamed) return;
    if (!usesQemu(host) || !runsGuests(host)) return;
    const { file, entry } = setting;
    const { transport } = uri;
    if (uri.driver === 'qemu' && transport !== undefined && !URI_TRANSPORTS.has(transport.toLowerCase())) {
      report({ file, span: entry.rawSpan, message: 'transport', values: { transport } });
      return;
    }
    const part = uri.driver !== 'qemu' ? 'driver' : QEMU_PATHS.has(uri.path) ? undefined : 'path';
    if (!part) return;
    const span = spanOfPart(setting, part, uri);
    const whole = span === entry.rawSpan;
    report({
      file,
      // An empty path has no place of its own.
      span: span.start < span.end ? span : entry.rawSpan,
      message: part,
      values: { driver: uri.driver, path: uri.path === '' ? 'no path' : uri.path, transport: uri.transport ?? 'tls' },
      fixes: [
        whole ? undefined : { title: part, edits: [replace(file, span, part === 'driver' ? 'qemu' : '/system')] },
      ],
    });
  },
});
