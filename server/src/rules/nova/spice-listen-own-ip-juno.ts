import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { defineRule } from '../rule';
import { reportOwnAddress } from './_consoles';

const NEWTON = releaseIndex('newton') ?? NEWEST;

export default defineRule({
  id: 'nova/spice-listen-own-ip-juno',
  scope: 'cluster',
  title: "SPICE listens on one address, which not every destination's nova and libvirt can change",
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'juno', to: 'newton' },
  messages: {
    default:
      'server_listen = {value} of [spice] has to be rewritten for the destination, which an old libvirt or nova refuses: write {any}',
  },
  fixes: { any: 'Listen on all addresses: {any}' },
  why: `From Juno on nova asks the destination for its listen addresses and puts them into the guest's definition. Up to Mitaka, where
libvirt lacks VIR_DOMAIN_XML_MIGRATABLE or the destination tells no address, the definition goes unchanged, and nova refuses one
address, of SPICE as of VNC: *In order for live migration to work properly, you must configure the graphics (VNC and/or SPICE) listen
addresses to be either the catch-all address (0.0.0.0 or ::) or the local address (127.0.0.1 or ::1)*. Newton always rewrites.`,
  sources: ['nova/virt/libvirt/driver.py, _check_graphics_addresses_can_live_migrate, 2014.2 to 13.0.0; 14.0.0'],
  explains: [/you must configure the graphics \(VNC and\/or SPICE\) listen addresses/],
  examples: [
    {
      release: 'kilo',
      files: {
        'etc/nova/nova.conf': '[spice]\nenabled = True\nserver_listen = ⟦10.0.0.31⟧\n[libvirt]\nvirt_type = kvm\n',
      },
      good: {
        'etc/nova/nova.conf': '[spice]\nenabled = True\nserver_listen = 0.0.0.0\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'Newton, from a destination of its own age or one newer, works',
      release: 'newton',
      severity: 'info',
      files: {
        'etc/nova/nova.conf': '[spice]\nenabled = True\nserver_listen = ⟦10.0.0.31⟧\n[libvirt]\nvirt_type = kvm\n',
      },
      good: {
        'etc/nova/nova.conf': '[spice]\nenabled = True\nserver_listen = 0.0.0.0\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'SPICE is off',
      release: 'mitaka',
      files: {
        'etc/nova/nova.conf': '[spice]\nenabled = False\nserver_listen = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n',
      },
    },
  ],
  check(cluster, report) {
    reportOwnAddress('spice', cluster, report, (host) => (host.release.index >= NEWTON ? 'info' : 'warning'));
  },
});
