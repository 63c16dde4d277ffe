import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { fileFor, placeOf } from './_entry';
import { runsGuests } from './_guests';
import { isPlaceholder } from './_items';

export default defineRule({
  id: 'nova/file-backed-memory',
  scope: 'host',
  title: 'Memory in files does not go with overcommitment',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'rocky' },
  messages: {
    ratio:
      'ram_allocation_ratio = {ratio} with file_backed_memory = {memory}: nova-compute does not start; write ram_allocation_ratio = 1.0',
    absent:
      'file_backed_memory = {memory} needs ram_allocation_ratio = 1.0, which is not set: nova-compute does not start',
    type: 'file_backed_memory = {memory} with virt_type = {type}: nova-compute does not start; only kvm and qemu have it',
  },
  fixes: { one: 'Set ram_allocation_ratio = 1.0' },
  why: `nova-compute compares as it starts, and what is not set is not 1.0: *Running Nova with file_backed_memory requires
ram_allocation_ratio configured to 1.0*. While it is down no guest can migrate to or from the host.`,
  sources: [
    'nova/virt/libvirt/driver.py, _check_file_backed_memory_support, 26.2.2: exits',
    'File-backed memory, nova administration guide, from Rocky on',
  ],
  explains: [/Running Nova with file_backed_memory/],
  preflight: true,
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nram_allocation_ratio = ⟦1.5⟧\n[libvirt]\nfile_backed_memory = 1048576\n',
        'etc/nova/nova-compute.conf': '[libvirt]\nvirt_type = kvm\n',
      },
      good: {
        'etc/nova/nova.conf': '[DEFAULT]\nram_allocation_ratio = 1.0\n[libvirt]\nfile_backed_memory = 1048576\n',
      },
    },
    {
      title: 'not set',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nmy_ip=10.0.0.1\r\n[libvirt]\r\nvirt_type=kvm\r\nfile_backed_memory=⟦1048576⟧\r\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nmy_ip=10.0.0.1\r\nram_allocation_ratio=1.0\r\n[libvirt]\r\nvirt_type=kvm\r\nfile_backed_memory=1048576\r\n',
      },
    },
    {
      title: 'another hypervisor',
      release: 'queens',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = lxc\nfile_backed_memory = 1024\n' },
    },
    {
      title: 'containers',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nram_allocation_ratio = 1.0\n[libvirt]\nvirt_type = lxc\nfile_backed_memory = ⟦1024⟧\n',
      },
    },
    {
      title: '1.0, off, one file of several, a controller',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[DEFAULT]\nram_allocation_ratio = 1\n[libvirt]\nfile_backed_memory = 1048576\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\nram_allocation_ratio = 1.5\n[libvirt]\nfile_backed_memory = 0\n',
        'c/etc/nova/nova-compute.conf': '[libvirt]\nfile_backed_memory = 1048576\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nfile_backed_memory = 1048576\n',
      },
    },
  ],
  check(host, report) {
    const memory = host.nova.get('file_backed_memory');
    const place = placeOf(memory);
    if (!place || !memory?.value || !(Number(memory.value) > 0) || !runsGuests(host)) return;
    const type = host.nova.get('virt_type')?.value;
    const values = { memory: memory.value, type: type ?? '' };
    if (type !== undefined && type !== '' && type !== 'kvm' && type !== 'qemu' && !isPlaceholder(type)) {
      report({ ...place, message: 'type', values });
      return;
    }
    const ratio = host.nova.get('ram_allocation_ratio');
    const set = placeOf(ratio);
    if (!ratio || (set ? ratio.value === undefined || isPlaceholder(ratio.value) : !host.nova.whole)) return;
    if (set && Number(ratio.value) === 1) return;
    const file = ratio.file ?? fileFor(host, ratio.option);
    report({
      ...(set ?? place),
      message: set ? 'ratio' : 'absent',
      values: { ...values, ratio: ratio.value ?? '' },
      related: set ? [{ ...place, message: 'Memory in files' }] : [],
      fixes: [
        file && {
          title: 'one',
          edits: [
            ratio.entry
              ? setOsloValue(file, ratio.entry, '1.0')
              : setOsloOption(file, ratio.option.group, ratio.option.name, '1.0'),
          ],
        },
      ],
    });
  },
});
