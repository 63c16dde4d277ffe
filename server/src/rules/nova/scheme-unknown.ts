import { nearest } from '../../knowledge/near';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { runsGuests } from './_guests';
import { effectiveScheme, isTransport, TRANSPORTS } from './_transports';

export default defineRule({
  id: 'nova/scheme-unknown',
  scope: 'host',
  title: 'live_migration_scheme is no transport of libvirt',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'ocata' },
  messages: {
    default:
      'live_migration_scheme = {value} is no transport, every migration fails: write tcp, tls, ssh, libssh or libssh2',
  },
  fixes: { near: 'Write {near}' },
  why: `Nova makes the URI \`qemu+SCHEME://DESTINATION/system\` of it and starts without a word. The migration fails with *transport
in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)*. Capitals do no harm.`,
  sources: [
    'libvirt 9.0.0, virsh migrate to qemu+tcpp://',
    'nova 26.2.2 with scheme = tlss: starts, migrations fail; with TCP: they work',
  ],
  explains: [/transport in URL not recognised/],
  preflight: 'source',
  examples: [
    {
      files: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_scheme = ⟦tlss⟧\r\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_scheme = tls\r\n' },
    },
    {
      title: 'not near any',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ⟦https⟧\n' },
    },
    { title: 'in capitals', files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = TCP\n' } },
    { title: 'empty is unset', files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme =\n' } },
    {
      title: 'a host that runs no guests',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tlss\n',
      },
    },
  ],
  check(host, report) {
    const scheme = effectiveScheme(host);
    // What is no single word has a rule of its own: URIs, and comments behind the value.
    if (!scheme || /[+:/\s#]/.test(scheme.value) || isTransport(scheme.value.toLowerCase())) return;
    if (!runsGuests(host)) return;
    const { file, entry, value } = scheme;
    report({
      file,
      span: entry.rawSpan,
      values: { value },
      fixes: nearest(value, TRANSPORTS).map((near) => ({
        title: 'near',
        values: { near },
        edits: [setOsloValue(file, entry, near)],
      })),
    });
  },
});
