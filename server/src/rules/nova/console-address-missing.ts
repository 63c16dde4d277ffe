import type { Host } from '../../model/host';
import type { Setting } from '../../model/nova';
import { sysctlOf } from '../../model/sysctl';
import { isIpv4 } from '../../addresses';
import { setOsloValue, TOP } from '../edits';
import { defineRule } from '../rule';
import { foreignOwner, isSpecific } from './_addresses';
import { anyOf, CONSOLES, hasConsole, setAddress, shown } from './_consoles';
import { isTrue, runsGuests } from './_guests';

/** The addresses that QEMU listens on, or the console proxy connects to. */
const ADDRESSES: readonly { readonly name: Setting; readonly listens: boolean; on: (host: Host) => boolean }[] = [
  ...(['vnc', 'spice'] as const).flatMap((console) => [
    { name: CONSOLES[console].listen, listens: true, on: (host: Host) => hasConsole(host, console) },
    { name: CONSOLES[console].client, listens: false, on: (host: Host) => hasConsole(host, console) },
  ]),
  {
    name: 'serial_console_proxyclient',
    listens: true,
    on: (host) => isTrue(host.nova.get('serial_console_enabled')?.value),
  },
];

export default defineRule({
  id: 'nova/console-address-missing',
  scope: 'cluster',
  title: 'A console address that this host does not have',
  severity: 'error',
  files: ['nova'],
  messages: {
    default: '{key} = {value} is on no interface of {host}: no guest can start here, or migrate to here',
    client: '{key} = {value} is on no interface of {host}: the console proxy finds no guest of this host there',
  },
  fixes: { any: 'Listen on all addresses: {any}' },
  why: `QEMU listens on this address for every guest. Where no interface has it, QEMU ends with *Failed to bind socket: Cannot assign
requested address* as a guest is started or arrives, while nova-compute starts without a word. Where it is only told to the console
proxy, the guests run and their consoles do not open.`,
  sources: [
    'QEMU 7.2: -vnc, -spice and -chardev socket on an address that the host lacks',
    'nova 26.2.2 with libvirt 9.0.0: nova-compute starts; a migration to the host fails',
  ],
  explains: [/Failed to bind socket: Cannot assign requested address/, /failed to initialize spice server/],
  preflight: true,
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = ⟦10.0.0.99⟧\nserver_proxyclient_address = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n',
        'facts.json': '{"addresses":{"lo":["127.0.0.1","::1"],"eth0":["10.0.0.31","fe80::1"]}}',
      },
      fix: 'any',
      good: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'SPICE and serial ports',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nenabled = false\n[spice]\nenabled = true\nserver_listen = ⟦10.0.0.98⟧\n[serial_console]\nenabled = true\nproxyclient_address = ⟦10.0.0.99⟧\n[libvirt]\nvirt_type = kvm\n',
        'facts.json': '{"addresses":{"eth0":["10.0.0.31"]}}',
      },
    },
    {
      title: 'only told to the proxy',
      severity: 'warning',
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = ⟦10.0.0.99⟧\n[libvirt]\nvirt_type = kvm\n',
        'facts.json': '{"addresses":{"eth0":["10.0.0.31"]}}',
      },
    },
    {
      title: 'its own; names and IPv6, of which many spellings are one; VNC off; nothing measured',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n',
        'a/etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.1\n[vnc]\nserver_listen = $my_ip\nserver_proxyclient_address = 127.0.0.1\n',
        'a/facts.json': '{"addresses":{"eth0":["10.0.0.1"]}}',
        'b/etc/nova/nova.conf': '[vnc]\nserver_listen = b.example.org\nserver_proxyclient_address = fd00::2\n',
        'b/facts.json': '{"addresses":{"eth0":["10.0.0.2"]}}',
        'c/etc/nova/nova.conf': '[vnc]\nenabled = false\nserver_listen = 10.0.0.99\n',
        'c/facts.json': '{"addresses":{"eth0":["10.0.0.3"]}}',
        'd/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.99\n',
      },
    },
    {
      title: 'a kernel that lets programs listen on addresses it lacks; a controller',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.99\nserver_proxyclient_address = 10.0.0.99\n',
        'a/facts.json': '{"addresses":{"eth0":["10.0.0.1"]},"sysctls":{"net.ipv4.ip_nonlocal_bind":"1"}}',
        'ctl/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.99\n',
        'ctl/facts.json': '{"addresses":{"eth0":["10.0.0.11"]}}',
      },
    },
    {
      title: "another host's address has a finding of its own",
      files: {
        'livemig.ini': '[node a]\nroles = compute\naddress = 10.0.0.1\n[node b]\nroles = compute\naddress = 10.0.0.2\n',
        'a/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.2\n',
        'a/facts.json': '{"addresses":{"eth0":["10.0.0.1"]}}',
        'b/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const own = Object.values(host.facts?.addresses ?? {}).flat();
      const facts = host.first('facts');
      // A list without any IPv4 address is not one of a host that has its network up.
      if (!facts || !own.some((a) => isIpv4(a) && isSpecific(a)) || !runsGuests(host)) continue;
      if (sysctlOf(host, 'net.ipv4.ip_nonlocal_bind')?.value === '1') continue;
      for (const { name, listens, on } of ADDRESSES) {
        const address = setAddress(host, name);
        if (!address || !isIpv4(address.value) || !isSpecific(address.value) || own.includes(address.value)) continue;
        if (!on(host) || foreignOwner(cluster, host, address.value)) continue;
        const any = anyOf(address.value);
        report({
          host,
          ...address.place,
          message: listens ? 'default' : 'client',
          severity: listens ? 'error' : 'warning',
          values: { key: address.entry.key, value: shown(address), host: host.name },
          related: [{ file: facts, span: TOP, message: 'The addresses as measured' }],
          fixes: [
            // A proxy cannot connect to all addresses.
            name === CONSOLES.vnc.listen || name === CONSOLES.spice.listen
              ? {
                  title: 'any',
                  values: { any },
                  edits: [setOsloValue(address.file, address.entry, any)],
                  preferred: false,
                }
              : undefined,
          ],
        });
      }
    }
  },
});
