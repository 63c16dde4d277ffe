import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { defineRule } from '../rule';
import { reportOwnAddress } from './_consoles';

const NEWTON = releaseIndex('newton') ?? NEWEST;

export default defineRule({
  id: 'nova/vnc-listen-own-ip-juno',
  scope: 'cluster',
  title: "VNC listens on one address, which not every destination's nova and libvirt can change",
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'juno', to: 'newton' },
  messages: {
    default:
      '{key} = {value} has to be rewritten for the destination, which an old libvirt or nova refuses to do: write {any}',
  },
  fixes: { any: 'Listen on all addresses: {any}' },
  why: `From Juno on nova asks the destination for its listen address and puts it into the guest's definition. Up to Mitaka, where
libvirt lacks VIR_DOMAIN_XML_MIGRATABLE or the destination tells no address, the definition goes unchanged, and nova refuses one
address: *In order for live migration to work properly, you must configure the graphics (VNC and/or SPICE) listen addresses to be
either the catch-all address (0.0.0.0 or ::) or the local address (127.0.0.1 or ::1)*. Newton always rewrites, but a destination
older than Mitaka tells it no address.`,
  sources: ['nova/virt/libvirt/driver.py, _check_graphics_addresses_can_live_migrate, 2014.2 to 13.0.0; 14.0.0'],
  explains: [/you must configure the graphics \(VNC and\/or SPICE\) listen addresses/],
  examples: [
    {
      release: 'juno',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen = ⟦10.0.0.31⟧\n[libvirt]\nvirt_type = kvm\n',
      },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen = 0.0.0.0\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'Newton, from a destination of its own age or one newer, works',
      release: 'newton',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[vnc]\nvncserver_listen = ⟦fd00::31⟧\n[libvirt]\nvirt_type = kvm\n' },
      good: { 'etc/nova/nova.conf': '[vnc]\nvncserver_listen = ::\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'all addresses',
      release: 'mitaka',
      files: { 'etc/nova/nova.conf': '[vnc]\nvncserver_listen = 0.0.0.0\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'a controller',
      release: 'kilo',
      files: {
        'livemig.ini': '[node controller]\nroles = controller\n',
        'controller/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen = 10.0.0.11\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'a controller that nothing but its own options tells from a compute',
      release: 'mitaka',
      files: {
        'etc/nova/nova.conf':
          '[api_database]\nconnection = mysql+pymysql://nova@ctl/nova_api\n[vnc]\nvncserver_listen = 10.0.0.11\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'a host that does everything, by its share',
      release: 'mitaka',
      files: {
        'etc/nova/nova.conf':
          '[api_database]\nconnection = mysql+pymysql://nova@aio/nova_api\n[vnc]\nvncserver_listen = ⟦10.0.0.11⟧\n[libvirt]\nvirt_type = kvm\n',
        'etc/fstab': 'filer:/vol /var/lib/nova/instances nfs defaults 0 0\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[api_database]\nconnection = mysql+pymysql://nova@aio/nova_api\n[vnc]\nvncserver_listen = 0.0.0.0\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'the address that kolla writes on every compute, later',
      release: '2025.1',
      files: { 'etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n' },
    },
  ],
  check(cluster, report) {
    reportOwnAddress('vnc', cluster, report, (host) => (host.release.index >= NEWTON ? 'info' : 'warning'));
  },
});
