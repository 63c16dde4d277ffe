import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';
import { guestProcessor } from './_processors';

export default defineRule({
  id: 'nova/cpu-mode-none-kvm',
  scope: 'host',
  title: "Guests of KVM get QEMU's plain processor",
  severity: 'info',
  files: ['nova'],
  messages: {
    default:
      "{key} = none gives guests QEMU's plain processor, without SSE4, AES and AVX: they move anywhere, slowly; custom is as safe",
  },
  why: `Without a processor of its own a guest gets \`qemu64\`, which every host can run: nothing in the way of a live migration. It also
lacks what software has asked for since 2009: encryption is slow, and systems built for x86-64-v2 (RHEL 9) do not boot:
*Fatal glibc error: CPU does not support x86-64-v2*. \`cpu_mode = custom\` with the oldest model of all hosts moves as freely.`,
  sources: ['QEMU 7.2.22, query-cpu-model-expansion of qemu64: no ssse3, sse4.1, sse4.2, popcnt, aes, avx'],
  examples: [
    { files: { 'etc/nova/nova-compute.conf': '', 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = ⟦none⟧\n' } },
    {
      title: 'by its oldest name',
      release: 'grizzly',
      files: {
        'etc/nova/nova-compute.conf': '[DEFAULT]\nlibvirt_type=kvm\n',
        'etc/nova/nova.conf': '[DEFAULT]\nlibvirt_cpu_mode=⟦none⟧\n',
      },
    },
    {
      title: 'emulated guests, other modes, not all in view, a controller',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[libvirt]\nvirt_type = qemu\ncpu_mode = none\n',
        'b/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c/etc/nova/nova-compute.conf': '[libvirt]\ncpu_mode = none\n',
        'd/etc/nova/nova.conf': '[libvirt]\ncpu_mode = none\n',
      },
    },
  ],
  check(host, report) {
    const mode = host.nova.get('cpu_mode');
    const place = placeOf(mode);
    if (!mode || !place || !runsGuests(host) || guestProcessor(host) !== 'none') return;
    report({ ...place, values: { key: mode.entry?.key ?? mode.option.name } });
  },
});
