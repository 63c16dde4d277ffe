import { libvirtKey } from '../../knowledge/libvirt';
import { basename } from '../../model/files';
import { setLibvirtValue } from '../edits';
import { defineRule } from '../rule';
import { entriesByKey } from './_keys';
import { daemonOf } from './_syntax';

const KEYS = ['auth_tcp', 'auth_tls', 'auth_unix_ro', 'auth_unix_rw'];
const METHODS = ['none', 'sasl', 'polkit'];

export default defineRule({
  id: 'libvirtd/auth-tcp-invalid',
  scope: 'host',
  title: 'An authentication method that libvirt does not know',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      '{key} = "{value}" is no method of authentication: {daemon} does not start; write "none", "sasl" or "polkit"',
    network: '{key} = "polkit" works on local sockets only: peers are refused; write "sasl" or "none"',
  },
  fixes: { case: 'Write "{right}"', sasl: 'Ask for SASL: {key} = "sasl"', none: 'Ask nobody: {key} = "none"' },
  why: `The daemon ends with *Can't load config file: unsupported configuration: FILE: auth_tcp: unsupported auth None*: the methods are
written in small letters. Polkit asks who owns the process at the other end of a local socket, which nobody can tell over the
network.`,
  sources: [
    'libvirtd 9.0.0 run on each of the examples',
    'src/remote/remote_daemon_config.c and remote_daemon_dispatch.c of libvirt 9.0.0',
  ],
  explains: [/auth_\w+: unsupported auth/],
  preflight: 'destination',
  examples: [
    {
      title: 'in capitals',
      files: { 'etc/libvirt/libvirtd.conf': "auth_tcp = ⟦'None'⟧ # no SASL\r\n" },
      good: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = "none" # no SASL\r\n' },
    },
    {
      title: 'a word of another program',
      files: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = ⟦"password"⟧\n' },
      fix: 'sasl',
      good: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = "sasl"\n' },
    },
    {
      title: 'polkit over the network',
      severity: 'warning',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = ⟦"polkit"⟧\n' },
      fix: 'sasl',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n' },
    },
    {
      title: 'a word of another program, where only the cluster reaches the port',
      files: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = ⟦"no"⟧ # inside only\n' },
      fix: 'none',
      good: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = "none" # inside only\n' },
    },
    {
      title: 'the methods there are',
      files: {
        'etc/libvirt/libvirtd.conf':
          'auth_unix_ro = "none"\nauth_unix_rw = "polkit"\nauth_tcp = "sasl"\nauth_tls = "none"\n',
        'etc/libvirt/virtqemud.conf': 'auth_tcp = "foo"\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('libvirtd')) {
      const entries = entriesByKey(file);
      for (const key of KEYS) {
        const entry = entries.get(key)?.[0];
        if (entry?.value.type !== 'string' || !libvirtKey(basename(file.path), key)?.read) continue;
        const { text, span } = entry.value;
        const remote = key === 'auth_tcp' || key === 'auth_tls';
        const network = text === 'polkit' && remote;
        if (METHODS.includes(text) && !network) continue;
        const right = METHODS.find((m) => m === text.trim().toLowerCase() && !(m === 'polkit' && remote));
        const write = (method: string) => [setLibvirtValue(file, entry, `"${method}"`)];
        report({
          file,
          span,
          message: network ? 'network' : 'default',
          severity: network ? 'warning' : 'error',
          values: { key, value: text, daemon: daemonOf(file) },
          fixes:
            right !== undefined
              ? [{ title: 'case', values: { right }, edits: write(right) }]
              : [
                  { title: 'sasl', edits: write('sasl') },
                  { title: 'none', edits: write('none') },
                ],
        });
      }
    }
  },
});
