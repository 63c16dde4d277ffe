import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { runsGuests } from './_guests';
import { effectiveScheme, isTransport } from './_transports';

export default defineRule({
  id: 'nova/scheme-contains-uri',
  scope: 'host',
  title: 'live_migration_scheme is more than a transport',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'ocata' },
  messages: {
    default:
      'live_migration_scheme = {value} is more than a transport, libvirt refuses the URI nova makes of it; write e.g. tls',
  },
  fixes: { word: 'Write the transport alone: {word}' },
  why: `Nova makes the URI \`qemu+SCHEME://DESTINATION/system\` of it. With \`qemu+tls\` or a whole URI in its place the source's
libvirt answers *transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)*, and every migration from this host
fails. nova-compute starts without a word.`,
  sources: ['nova/virt/libvirt/driver.py, _live_migration_uri, 33.0.0', 'nova 26.2.2 with scheme = qemu+tls'],
  explains: [/transport in URL not recognised/],
  preflight: 'source',
  examples: [
    {
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ⟦qemu+tls⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n' },
    },
    {
      title: 'a whole URI',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme=⟦qemu+ssh://nova@%s/system⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme=ssh\n' },
    },
    {
      title: 'none of the transports in it',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ⟦qemu://%s/system⟧\n' },
    },
    { title: 'a transport', files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = "tls"\n' } },
    {
      title: 'a live_migration_uri has the last word',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\nlive_migration_scheme = qemu+tls\n',
      },
    },
  ],
  check(host, report) {
    const scheme = effectiveScheme(host);
    if (!scheme || !/[+:/]/.test(scheme.value) || !runsGuests(host)) return;
    const { file, entry, value } = scheme;
    const word = /^(?:\w+\+)?([a-z0-9]+)(?:$|:)/i.exec(value)?.[1]?.toLowerCase() ?? '';
    report({
      file,
      span: entry.rawSpan,
      values: { value },
      fixes: [
        isTransport(word) ? { title: 'word', values: { word }, edits: [setOsloValue(file, entry, word)] } : undefined,
      ],
    });
  },
});
