import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule, holdsAtAll } from '../rule';
import { fileFor, placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { isPlaceholder } from './_items';

const TRAIN = releaseIndex('train') ?? NEWEST;

export default defineRule({
  id: 'nova/cpu-models-without-custom',
  scope: 'host',
  title: 'CPU models and cpu_mode do not go together',
  severity: 'error',
  files: ['nova'],
  messages: {
    unwanted:
      '{models} is set, but {mode} is not custom: nova-compute does not start; set {mode} = custom or delete it',
    unwantedOld: '{models} is set, but {mode} is not custom: no guest starts; set {mode} = custom or delete it',
    wanted: '{mode} = custom needs {models}: nova-compute does not start; name the oldest CPU that all hosts have',
    wantedOld: '{mode} = custom needs {models}: no guest starts; name the oldest CPU that all hosts have',
  },
  fixes: { custom: 'Set {mode} = custom', remove: 'Delete {models}' },
  why: `From Train on nova-compute ends with *The cpu_models option is not required when cpu_mode!=custom* or *The cpu_models option
is required when cpu_mode=custom*, and no guest can migrate to the host. Before, it starts, and each guest fails with *A CPU model name
should not be set when a host CPU model is requested* or *Config requested a custom CPU model, but no model name was provided*.`,
  sources: [
    'nova/virt/libvirt/driver.py, get_guest_cpu_config, 2013.1 to 19.0.0; _check_cpu_compatibility from 20.0.0',
    'nova-compute 26.2.2: exits',
  ],
  explains: [
    /The cpu_models option is (not )?required when cpu_mode/,
    /A CPU model name should not be set when a host CPU model is requested/,
    /Config requested a custom CPU model, but no model name was provided/,
  ],
  preflight: true,
  examples: [
    {
      title: 'models for a mode that takes none',
      files: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\ncpu_models = ⟦Westmere⟧\n' },
      fix: 'custom',
      good: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Westmere\n' },
    },
    {
      title: 'models and no mode',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\ncpu_models=⟦Westmere⟧\r\n' },
      fix: 'custom',
      good: { 'etc/nova/nova.conf': '[libvirt]\r\ncpu_models=Westmere\r\ncpu_mode=custom\r\n' },
    },
    {
      title: 'the mode without models',
      files: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = ⟦custom⟧\n' },
    },
    {
      title: 'by its old name',
      release: 'queens',
      files: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\ncpu_model = ⟦Haswell⟧\n' },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\n' },
    },
    {
      title: 'by its oldest names',
      release: 'grizzly',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nlibvirt_cpu_mode=⟦custom⟧\n' },
    },
    {
      title: 'mode none did not look at the model before Train',
      release: 'stein',
      files: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = none\ncpu_model = Haswell\n' },
    },
    {
      title: 'both, neither, and an empty list',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Westmere,Haswell\n',
        'b/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\n',
        'c/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\ncpu_models =\n',
      },
    },
    {
      title: 'the old name is still read',
      files: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_model = Westmere\n' },
    },
  ],
  check(host, report) {
    const mode = host.nova.get('cpu_mode');
    const models = host.nova.get('cpu_models');
    if (!mode || !models || (mode.origin !== 'set' && models.origin !== 'set')) return;
    const hypervisor = host.nova.get('virt_type')?.value ?? 'kvm';
    if ((hypervisor !== 'kvm' && hypervisor !== 'qemu') || !runsGuests(host)) return;
    // An unknown `$name` stops the service by itself.
    if (
      (mode.raw !== undefined && mode.value === undefined) ||
      (models.raw !== undefined && models.value === undefined)
    )
      return;
    if (isPlaceholder(mode.value ?? '') || isPlaceholder(models.value ?? '')) return;
    const custom = mode.value === 'custom';
    const named = models.origin === 'set' && models.value !== undefined && models.value.trim() !== '';
    if (custom === named) return;
    const early = (release: number): boolean => release < TRAIN;
    if (named && mode.value === 'none' && early(host.release.index)) return;
    const place = placeOf(custom ? mode : models);
    const other = placeOf(custom ? models : mode);
    if (!place) return;
    const values = { mode: mode.entry?.key ?? mode.option.name, models: models.entry?.key ?? models.option.name };
    const file = mode.file ?? fileFor(host, mode.option);
    report({
      ...place,
      message: custom
        ? early(host.release.index)
          ? 'wantedOld'
          : 'wanted'
        : early(host.release.index)
          ? 'unwantedOld'
          : 'unwanted',
      values,
      guess: mode.value === 'none' && !holdsAtAll(host, (r) => !early(r)),
      related: other ? [{ ...other, message: custom ? 'No model is named' : 'Not custom' }] : [],
      fixes: custom
        ? []
        : [
            file && {
              title: 'custom',
              edits: [
                mode.entry
                  ? setOsloValue(file, mode.entry, 'custom')
                  : setOsloOption(file, mode.option.group, mode.option.name, 'custom'),
              ],
            },
            { title: 'remove', edits: removeAll(host, models.option) },
          ],
    });
  },
});
