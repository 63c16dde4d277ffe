import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { integerOf, optionOf, usesQemu } from './_options';

/** From here on nova itself warns of 0. */
const GAZPACHO = releaseIndex('2026.1') ?? NEWEST;
const MANY = 5;

export default defineRule({
  id: 'nova/concurrent-migrations',
  scope: 'host',
  title: 'Many migrations at once are slower than one after another',
  severity: 'info',
  files: ['nova'],
  releases: { from: 'liberty' },
  messages: {
    default:
      '{value} migrations at once from this host share its link, and busy guests get across on none; better 1 or 2',
    unlimited:
      '0 lets every migration from this host start at once: they share its link, and busy guests get across on none; better 1',
    deprecated:
      '0, no limit, is deprecated for max_concurrent_live_migrations: migrations share the link and hold each other up; write 1',
  },
  fixes: { remove: 'Delete it: one at a time' },
  why: `A guest gets across when it is copied faster than it writes. Of ten migrations at once each has a tenth of the link, so that the
busy ones fail by live_migration_completion_timeout, where one after another they would take seconds. From 2026.1 on nova warns of 0 when
it starts; in the threading mode it then means 5.`,
  sources: [
    'nova/conf/compute.py, max_concurrent_live_migrations, 12.0.0 to 33.0.0',
    'Release note of 2026.1: unlimited max_concurrent_live_migrations is deprecated',
  ],
  examples: [
    {
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = ⟦10⟧\n[libvirt]\nvirt_type = kvm\n',
      },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[DEFAULT]\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'no limit',
      release: 'liberty',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\r\nmax_concurrent_live_migrations=⟦0⟧\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\n[libvirt]\r\nvirt_type=kvm\r\n' },
    },
    {
      title: 'no limit, of which nova itself warns',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = ⟦0⟧\n[libvirt]\nvirt_type = kvm\n' },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[DEFAULT]\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'a few; nothing is known of the guests; containers',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 5\n[libvirt]\nvirt_type = kvm\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 10\n',
        'c3/etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 10\n[libvirt]\nvirt_type = lxc\n',
      },
    },
  ],
  check(host, report) {
    const setting = optionOf(host, 'DEFAULT/max_concurrent_live_migrations');
    const place = placeOf(setting);
    const value = integerOf(setting);
    if (!setting || !place || value === undefined || (value !== 0 && value <= MANY)) return;
    if (!usesQemu(host) || !runsGuests(host)) return;
    const deprecated = value === 0 && host.release.index >= GAZPACHO;
    report({
      ...place,
      message: value > 0 ? 'default' : deprecated ? 'deprecated' : 'unlimited',
      severity: deprecated ? 'warning' : 'info',
      guess: deprecated && host.release.from < GAZPACHO,
      values: { value },
      fixes: [{ title: 'remove', edits: removeAll(host, setting.option), preferred: false }],
    });
  },
});
