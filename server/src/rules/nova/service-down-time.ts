import type { Host, Place } from '../../model/host';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { computesOf } from './_guests';
import { integerOf, optionOf } from './_options';

export default defineRule({
  id: 'nova/service-down-time',
  scope: 'cluster',
  title: 'Compute services count as down between two reports',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      'service_down_time = {down} is not more than report_interval = {every}: nova warns and takes {raised}; write more than {every}',
    other:
      '{host} reports every {every} s, and here a service is down after {down} s: migrations from and to it fail at times',
  },
  why: `Each service reports every report_interval seconds, and who asks, the conductor before a migration, takes it for down when its
last report is older than service_down_time: *Compute service of HOST is unavailable at this time*. Where one file has the two the wrong
way round, nova raises service_down_time to two and a half intervals and logs *Report interval must be less than service down time*. Where
the computes have another interval than the controllers, nobody raises anything.`,
  sources: [
    'nova/servicegroup/api.py, 26.0.0',
    'nova 26.2.2 with 10 and 10: "Setting service_down_time to: 25"; with 15 and 10 nothing',
  ],
  explains: [/Report interval must be less than service down time/, /is unavailable at this time/],
  examples: [
    {
      title: 'in one file',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nreport_interval = 30\nservice_down_time = ⟦30⟧\n',
      },
    },
    {
      title: 'against the default',
      release: 'grizzly',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\r\nreport_interval=⟦60⟧\r\n' },
    },
    {
      title: 'a compute that reports less often than the controller waits',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\nservice_down_time = ⟦30⟧\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nreport_interval = 30\nservice_down_time = 180\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.2\n',
      },
    },
    {
      title: 'and a controller that waits as long as nova does by itself',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nreport_interval = ⟦120⟧\nservice_down_time = 300\n',
      },
    },
    {
      title: 'one and a half intervals are enough; a template; one file of several',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nreport_interval = 10\nservice_down_time = 15\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nreport_interval = {{ every }}\n',
        'c3/etc/nova/nova-compute.conf': '[DEFAULT]\nreport_interval = 600\n',
      },
    },
  ],
  check(cluster, report) {
    /** The controllers that are the first to take a service for down, and after how many seconds. */
    let soonest: { host: Host; down: number; place: Place | undefined } | undefined;
    for (const host of cluster.hosts) {
      const times = timesOf(host);
      if (!times) continue;
      const place = times.downPlace ?? times.everyPlace;
      if (times.down <= times.every) {
        if (!place) continue;
        const others = times.downPlace && times.everyPlace ? [times.everyPlace] : [];
        report({
          host,
          ...place,
          values: { down: times.down, every: times.every, raised: Math.trunc(times.every * 2.5) },
          related: others.map((other) => ({ ...other, message: 'How often it reports' })),
        });
        continue;
      }
      if (!host.node?.roles.includes('controller') || (soonest && soonest.down <= times.down)) continue;
      soonest = { host, down: times.down, place: times.downPlace };
    }
    if (!soonest) return;
    for (const host of computesOf(cluster)) {
      const times = host === soonest.host ? undefined : timesOf(host);
      if (!times || times.every < soonest.down || times.down <= times.every) continue;
      const place = soonest.place ?? times.everyPlace;
      if (!place) continue;
      report({
        host: soonest.place ? soonest.host : host,
        ...place,
        message: 'other',
        values: { host: host.name, every: times.every, down: soonest.down },
        related:
          soonest.place && times.everyPlace ? [{ ...times.everyPlace, message: `The interval of ${host.name}` }] : [],
      });
      // One line of a controller is one finding.
      if (soonest.place) return;
    }
  },
});

interface Times {
  /** Seconds. */
  readonly down: number;
  readonly every: number;
  readonly downPlace: Place | undefined;
  readonly everyPlace: Place | undefined;
}

function timesOf(host: Host): Times | undefined {
  if (host.nova.files.length === 0 || !host.nova.whole) return undefined;
  const down = optionOf(host, 'DEFAULT/service_down_time');
  const every = optionOf(host, 'DEFAULT/report_interval');
  const [seconds, interval] = [integerOf(down), integerOf(every)];
  if (seconds === undefined || interval === undefined) return undefined;
  return { down: seconds, every: interval, downPlace: placeOf(down), everyPlace: placeOf(every) };
}
