import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { isAddress } from '../../model/cluster';
import type { Host, Place } from '../../model/host';
import type { Effective } from '../../model/nova';
import { foreignOwner, isSpecific, surelyOwns } from './_addresses';
import { placeOf, written } from './_entry';
import { computesOf, isTrue } from './_guests';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';

const ICEHOUSE = releaseIndex('icehouse') ?? 0;
const OCATA = releaseIndex('ocata') ?? NEWEST;

interface Listener {
  readonly host: Host;
  readonly setting: Effective;
  readonly place: Place;
  readonly value: string;
}

export default defineRule({
  id: 'nova/vnc-listen-foreign-ip',
  scope: 'cluster',
  title: "VNC listens on another host's address",
  severity: 'error',
  files: ['nova'],
  messages: {
    default: '{key} = {value} is an address of {other}: no guest can start on, or migrate to, {host}',
    shared:
      '{key} = {value} stands on {other} too, and only one host has it: on the other no guest can start or arrive',
  },
  fixes: { any: 'Listen on all addresses: {any}', own: "Use {host}'s own address: {own}" },
  why: `Every guest gets a VNC server on this address. Where the host does not have it QEMU ends with *Failed to bind socket: Cannot
assign requested address*, both when a guest is started and when one arrives. It comes of a nova.conf copied from host to host;
nova-compute itself starts without a word.`,
  sources: ['nova 26.2.2 with libvirt 9.0.0: nova-compute starts; a migration to the host fails'],
  explains: [/Failed to bind socket: Cannot assign requested address/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.31\n',
        'c2/etc/nova/nova.conf': '[vnc]\nserver_listen = ⟦10.0.0.31⟧\n',
      },
      fix: 'own',
      good: { 'c2/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.32\n' },
    },
    {
      title: 'known by /etc/hosts; up to Newton all addresses are the one right answer',
      release: 'icehouse',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=0.0.0.0\n',
        'c1/etc/hosts': '10.0.0.31 c1\n10.0.0.32 c2\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=⟦10.0.0.31⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      good: { 'c2/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=0.0.0.0\n' },
    },
    {
      title: 'one nova.conf on two hosts, and nothing tells whose address it is',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[vnc]\nserver_listen = ⟦$my_ip⟧\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[vnc]\nserver_listen = ⟦$my_ip⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      fix: 'any',
      good: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[vnc]\nserver_listen = 0.0.0.0\n',
      },
    },
    {
      title: 'each its own, a controller with an address of its own role, and an address nobody is known to have',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n[node ctl]\naddress = 10.0.0.11\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[vnc]\nserver_listen = $my_ip\n',
        'c2/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.9.0.32\n',
        'ctl/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.31\n',
      },
    },
    {
      title: 'a lone nova.conf proves nothing',
      files: { 'etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n' },
    },
  ],
  check(cluster, report) {
    const unowned = new Map<string, Listener[]>();
    for (const host of computesOf(cluster)) {
      const setting = host.nova.get('vnc_listen');
      const place = placeOf(setting);
      const value = setting?.value;
      if (!setting?.entry || !place || value === undefined || !isSpecific(value)) continue;
      if (!isTrue(host.nova.get('vnc_enabled')?.value)) continue;
      const owner = foreignOwner(cluster, host, value);
      const any = value.includes(':') ? '::' : '0.0.0.0';
      const fixes = [
        { title: 'any' as const, values: { any }, edits: [setOsloValue(place.file, setting.entry, any)] },
        // Its own address would leave nova/vnc-listen-own-ip-… to complain.
        owner?.inventory && host.node?.address && host.release.index >= OCATA
          ? {
              title: 'own' as const,
              values: { host: host.name, own: host.node.address },
              edits: [setOsloValue(place.file, setting.entry, host.node.address)],
            }
          : undefined,
      ];
      if (owner) {
        report({
          host,
          ...place,
          values: { key: setting.entry.key, value: shown(setting, value), other: owner.host.name, host: host.name },
          related: owner.related,
          fixes,
        });
        continue;
      }
      // Addresses that every host has (a bridge of its own), and releases where any single address is already reported.
      if (!isAddress(value) || surelyOwns(cluster, host, value) || host.release.index <= ICEHOUSE) continue;
      const listener = { host, setting, place, value };
      const same = unowned.get(value);
      if (same) same.push(listener);
      else unowned.set(value, [listener]);
    }
    for (const [value, listeners] of unowned) {
      if (listeners.length < 2) continue;
      const any = value.includes(':') ? '::' : '0.0.0.0';
      for (const { host, setting, place } of listeners) {
        const other = listeners[0]!.host === host ? listeners[1]! : listeners[0]!;
        report({
          host,
          ...place,
          message: 'shared',
          values: { key: setting.entry!.key, value: shown(setting, value), other: other.host.name },
          related: [{ ...other.place, message: `${other.host.name} listens on ${value} too` }],
          fixes: [
            {
              title: 'any',
              values: { any },
              edits: [setOsloValue(place.file, setting.entry!, any)],
              preferred: false,
            },
          ],
        });
      }
    }
  },
});

/** `$my_ip (10.0.0.31)`: the reference alone would tell nobody what is wrong. */
function shown(setting: Effective, value: string): string {
  const text = written(setting);
  return text.includes('$') ? `${text} (${value})` : value;
}
