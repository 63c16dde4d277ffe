import { option } from '../../knowledge/nova';
import { factPlace } from '../../model/factPlace';
import type { Host } from '../../model/host';
import { placeOf } from '../nova/_entry';
import { defineRule } from '../rule';

/** Seconds by which Kerberos lets two clocks differ (`clockskew` of krb5.conf). */
const KERBEROS = 300;

export default defineRule({
  id: 'cluster/clock-skew',
  scope: 'host',
  title: 'The clock is wrong',
  severity: 'warning',
  files: ['facts'],
  messages: {
    compute:
      'The clock is {seconds} s {way}: Kerberos refuses at {limit} s between two hosts, new certificates are not valid yet; run chrony',
    controller:
      'The clock is {seconds} s {way}: with {limit} s (service_down_time) between controllers nova takes its computes for down; run chrony',
  },
  why: `For nova a service is up while its last sign of life, which a conductor writes down, is at most service_down_time (60 s) away from
the asker's own clock, before it or after. With the controllers' clocks further apart *Compute service of HOST is unavailable at this
time.* ends a migration, or the scheduler finds *No valid host*. On computes Kerberos refuses after five minutes (*Clock skew too
great*), for libvirt as for NFS, and libvirtd does not start with a certificate of the future: *The server certificate … is not yet
active*. Half of that is what each of two hosts may be off.`,
  sources: [
    'nova/servicegroup/drivers/db.py, is_up, 2013.1 to 33.0.0',
    'libvirtd 9.0.0 with a certificate of the future: does not start',
    'krb5.conf(5), clockskew',
  ],
  explains: [/The (server|client) certificate \S+ is not yet active/, /Clock skew too great/],
  examples: [
    { title: 'behind', files: { 'etc/libvirt/qemu.conf': '', 'facts.json': '{"clockOffset": ⟦-151.26⟧}' } },
    {
      title: 'a controller, ahead; another, whose nova gives little time',
      files: {
        'livemig.ini': '[node a]\nroles = controller, compute\n',
        'a/facts.json': '{"clockOffset": ⟦31⟧}',
        'b/etc/nova/nova.conf': '[DEFAULT]\nservice_down_time = 20\n',
        'b/facts.json': '{"clockOffset": ⟦11⟧}',
      },
    },
    {
      title: 'a little off; much, and nova gives time; a compute, and an NFS server',
      files: {
        'livemig.ini': '[node d]\nroles = nfs\n',
        'a/facts.json': '{"clockOffset": 29.9}',
        'b/facts.json': '{"clockOffset": -40}',
        'b/etc/nova/nova.conf': '[DEFAULT]\nservice_down_time = 180\n',
        'c/etc/libvirt/qemu.conf': '',
        'c/facts.json': '{"clockOffset": 149}',
        'd/facts.json': '{"clockOffset": 149}',
      },
    },
  ],
  check(host, report) {
    const offset = host.facts?.clockOffset;
    const place = factPlace(host, ['clockOffset']);
    if (offset === undefined || !place) return;
    const roles = host.node?.roles ?? [];
    const controller = roles.length > 0 ? roles.includes('controller') : !host.isCompute;
    const down = controller ? downTime(host) : undefined;
    const limit = down?.seconds ?? KERBEROS;
    if (Math.abs(offset) <= limit / 2) return;
    report({
      ...place,
      message: controller ? 'controller' : 'compute',
      values: { seconds: Math.abs(Math.round(offset * 10) / 10), way: offset < 0 ? 'behind' : 'ahead', limit },
      related: down?.place ? [{ ...down.place, message: 'How long a silent service counts as up' }] : [],
    });
  },
});

/** Nova's service_down_time in seconds. */
function downTime(host: Host): { readonly seconds: number; readonly place: ReturnType<typeof placeOf> } {
  const home = option('DEFAULT', 'service_down_time');
  const setting = home && host.nova.effective(home);
  const seconds = Number(setting?.value ?? NaN);
  return seconds > 0 ? { seconds, place: placeOf(setting) } : { seconds: 60, place: undefined };
}
