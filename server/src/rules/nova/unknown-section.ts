import { replace } from '../edits';
import { defineRule } from '../rule';
import { novaItems } from './_items';
import { isSlip } from './_sections';

export default defineRule({
  id: 'nova/unknown-section',
  scope: 'host',
  title: 'A section that nobody reads',
  severity: 'warning',
  files: ['nova'],
  messages: {
    slip: 'Nova ignores all below [{name}], section names compare letter by letter: write [{meant}]',
    near: 'Nova has no section [{name}], all below is ignored: did you mean [{meant}]?',
    unknown:
      'No release of nova reads a section [{name}]: what stands below has no effect, unless a plugin of yours reads it',
  },
  fixes: { rename: 'Write [{meant}]' },
  why: `Options below a header that nova does not know are ignored without a word in any log, and the defaults stay: a
\`live_migration_scheme = tls\` below \`[ libvirt ]\` leaves the migrations on plain TCP. Section names are compared in small
letters, blanks and dashes count, and \`[default]\` is not \`[DEFAULT]\`.`,
  sources: ['oslo.config 9.0.0, cfg.py', 'run with nova-compute 26.2.2'],
  examples: [
    {
      title: 'small letters',
      files: { 'etc/nova/nova.conf': '⟦[default]⟧\nmy_ip = 10.0.0.1\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1\n' },
    },
    {
      title: 'blanks',
      files: { 'etc/nova/nova.conf': '⟦[ libvirt ]⟧\r\nvirt_type = kvm\r\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nvirt_type = kvm\r\n' },
    },
    {
      title: 'a dash',
      files: { 'etc/nova/nova.conf': '⟦[serial-console]⟧\nenabled = true\n' },
      good: { 'etc/nova/nova.conf': '[serial_console]\nenabled = true\n' },
    },
    {
      title: 'misspelt',
      files: { 'etc/nova/nova.conf': '⟦[libvrt]⟧\nvirt_type = kvm\nlive_migration_uri = x\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nlive_migration_uri = x\n' },
    },
    {
      title: "a driver's or a site's own",
      severity: 'info',
      files: { 'etc/nova/nova.conf': '⟦[cell1]⟧\nbackend_name = a\n' },
    },
    {
      title: 'sections that nova names after the values of an option',
      files: {
        'etc/nova/nova.conf':
          '[devices]\nenabled_mdev_types = nvidia-35\n[mdev_nvidia-35]\ndevice_addresses = 0000:84:00.0\n[neutron]\nphysnets = foo\n[neutron_physnet_foo]\nnuma_nodes = 0\n[neutron_tunnel]\nnuma_nodes = 1\n',
      },
    },
    {
      title: 'capitals, libraries, sections of other releases, one that auth_section names, and one without options',
      files: {
        'etc/nova/nova.conf':
          '[LibVirt]\nvirt_type = kvm\n[oslo_something_new]\na = b\n[vif_plug_sriov_privileged]\nuser = nova\n[xenserver]\nagent_timeout = 30\n[neutron]\nauth_section = Shared\n[shared]\nusername = nova\n[later]\n',
      },
    },
  ],
  check(host, report) {
    for (const { file, section, trouble } of novaItems(host).troubled) {
      const { kind, meant } = trouble;
      // Those with typographic characters have a rule of their own.
      if (kind === 'characters') continue;
      const { name } = section;
      const close = meant.filter((m) => isSlip(m, name));
      report({
        file,
        span: section.span,
        message: kind,
        severity: kind === 'unknown' ? 'info' : 'warning',
        values: { name, meant: meant[0] ?? '' },
        fixes: meant.map((m) => ({
          title: 'rename',
          values: { meant: m },
          edits: [replace(file, section.nameSpan, m)],
          preferred: close.length === 1 && m === close[0],
        })),
      });
    }
  },
});
