import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { fileFor, placeOf, placeOfMissing } from './_entry';
import { outliers } from './_groups';
import { computesOf } from './_guests';
import { isPlaceholder } from './_items';

export default defineRule({
  id: 'nova/rbd-pool-differs',
  scope: 'cluster',
  title: "The hosts keep their guests' disks in different pools of Ceph",
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      'images_rbd_pool is {pool} here and {other} on {host}: a guest that moved does not start again; use one pool on all computes',
    absent:
      'images_rbd_pool is not set and is {pool}, on {host} it is {other}: a guest that moved does not start again',
  },
  fixes: { other: 'Set images_rbd_pool = {other}, as on {host}' },
  why: `The guest arrives, as its definition names the pool of the source. But nova counts on its own pool: the next hard reboot on the
new host looks for the disks there, *No such file or directory*, and deleting the guest leaves them behind.`,
  sources: [
    'nova/virt/libvirt/driver.py, _is_shared_block_storage and _cleanup_rbd, 26.2.2: the pools are not compared',
    'nova/virt/libvirt/imagebackend.py, Rbd, 26.2.2',
  ],
  examples: [
    {
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = vms\n',
        'b/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = vms\n',
        'c/etc/nova/nova.conf': '[libvirt]\r\nimages_type = rbd\r\nimages_rbd_pool = ⟦vm⟧\r\n',
      },
      good: { 'c/etc/nova/nova.conf': '[libvirt]\r\nimages_type = rbd\r\nimages_rbd_pool = vms\r\n' },
    },
    {
      title: 'not set on one of three',
      release: 'icehouse',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[libvirt]\nimages_type=rbd\nimages_rbd_pool=vms\n',
        'b/etc/nova/nova.conf': '[libvirt]\nimages_type=rbd\nimages_rbd_pool=vms\n',
        'c/etc/nova/nova.conf': '⟦[libvirt]⟧\nimages_type=rbd\n',
      },
      good: { 'c/etc/nova/nova.conf': '[libvirt]\nimages_type=rbd\nimages_rbd_pool=vms\n' },
    },
    {
      title: 'several hosts of each pool look like aggregates',
      severity: 'info',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n[node e]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = fast\n',
        'b/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = fast\n',
        'c/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = fast\n',
        'd/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = ⟦slow⟧\n',
        'e/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = ⟦slow⟧\n',
      },
    },
    {
      title: 'one pool, other images, a template, and a controller',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = vms\n',
        'b/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = vms\n',
        'c/etc/nova/nova.conf': '[libvirt]\nimages_rbd_pool = old\n',
        'd/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = {{ pool }}\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nimages_rbd_pool = ctl\n',
      },
    },
  ],
  check(cluster, report) {
    const pools = computesOf(cluster).flatMap((host) => {
      const setting = host.nova.get('images_rbd_pool');
      const pool = setting?.value;
      if (host.nova.get('images_type')?.value !== 'rbd' || !pool || isPlaceholder(pool)) return [];
      return [{ host, setting, pool }];
    });
    const sizes = new Map<string, number>();
    for (const { pool } of pools) sizes.set(pool, (sizes.get(pool) ?? 0) + 1);
    const aggregates = [...sizes.values()].every((n) => n > 1);
    for (const { item, other, majority } of outliers(pools, (p) => p.pool)) {
      const { host, setting, pool } = item;
      const place = placeOf(setting) ?? placeOfMissing(host, setting.option);
      const file = setting.file ?? fileFor(host, setting.option);
      if (!place || !file) continue;
      const theirs = placeOf(other.setting) ?? placeOfMissing(other.host, other.setting.option);
      report({
        host,
        ...place,
        message: setting.entry ? 'default' : 'absent',
        severity: aggregates ? 'info' : 'warning',
        values: { pool, other: other.pool, host: other.host.name },
        related: theirs ? [{ ...theirs, message: `On ${other.host.name}` }] : [],
        fixes: [
          {
            title: 'other',
            preferred: majority && !aggregates,
            edits: [
              setting.entry
                ? setOsloValue(file, setting.entry, other.pool)
                : setOsloOption(file, setting.option.group, setting.option.name, other.pool),
            ],
          },
        ],
      });
    }
  },
});
