import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { defineRule, holdsAtAll } from '../rule';
import { placeOf } from './_entry';
import { isTrue, runsGuests } from './_guests';
import { isPlaceholder } from './_items';

const GAZPACHO = releaseIndex('2026.1') ?? NEWEST;

export default defineRule({
  id: 'nova/vtpm-secret-security',
  scope: 'host',
  title: 'Guests with a TPM stay on their host',
  severity: 'info',
  files: ['nova'],
  releases: { from: 'victoria' },
  messages: {
    never: 'swtpm_enabled is on: guests with a TPM cannot be live-migrated before 2026.1, the others can',
    user: 'supported_tpm_secret_security lacks host and deployment: guests with a TPM cannot be live-migrated from or to here',
  },
  why: `Up to 2025.2 nova-api refuses at once: *Operation 'live-migration' not supported for vTPM-enabled instance*. From 2026.1 on the
secret of the TPM can be kept by the host or the deployment rather than by the user alone, and guests whose flavor says so can move
between hosts that support it.`,
  sources: [
    'nova/compute/api.py, 22.0.0 to 32.0.0',
    'Emulated Trusted Platform Module (vTPM), nova administration guide, 2026.1',
  ],
  explains: [/Operation 'live-migration' not supported for vTPM-enabled instance/],
  examples: [
    { release: 'zed', files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nswtpm_enabled = ⟦True⟧\n' } },
    {
      title: 'the user alone',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nvirt_type = kvm\nswtpm_enabled = True\nsupported_tpm_secret_security = ⟦user⟧\n',
      },
    },
    {
      title: 'host too, by default, and off',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[libvirt]\nswtpm_enabled = True\nsupported_tpm_secret_security = user, host\n',
        'b/etc/nova/nova.conf': '[libvirt]\nswtpm_enabled = True\n',
        'c/etc/nova/nova.conf': '[libvirt]\nsupported_tpm_secret_security = user\n',
      },
    },
    {
      title: 'a controller',
      release: 'zed',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nswtpm_enabled = True\n',
      },
    },
  ],
  check(host, report) {
    const enabled = host.nova.get('swtpm_enabled');
    const place = placeOf(enabled);
    if (!place || !isTrue(enabled?.value) || !runsGuests(host)) return;
    if (host.release.index < GAZPACHO) {
      report({ ...place, message: 'never', guess: !holdsAtAll(host, (r) => r < GAZPACHO) });
      return;
    }
    const modes = host.nova.get('supported_tpm_secret_security');
    const listed = placeOf(modes);
    if (!listed || !modes?.value || isPlaceholder(modes.value) || /\b(host|deployment)\b/.test(modes.value)) return;
    report({ ...listed, message: 'user', guess: !holdsAtAll(host, (r) => r >= GAZPACHO) });
  },
});
