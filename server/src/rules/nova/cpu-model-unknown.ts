import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { nearest } from '../../knowledge/near';
import { replace, TOP } from '../edits';
import { defineRule, holdsAtAll } from '../rule';
import { runsGuests } from './_guests';
import { CPU_MODELS } from './_cpuModels';
import { listItems } from './_lists';

const TRAIN = releaseIndex('train') ?? NEWEST;

export default defineRule({
  id: 'nova/cpu-model-unknown',
  scope: 'host',
  title: 'A CPU model that libvirt does not know',
  severity: 'error',
  files: ['nova'],
  messages: {
    start:
      "libvirt of {host} knows no CPU model {model}: nova-compute does not start; 'virsh cpu-models' lists those it knows",
    guest: "libvirt of {host} knows no CPU model {model}: no guest starts; 'virsh cpu-models' lists those it knows",
    near: 'No libvirt is known to have a CPU model {model}: did you mean {right}? With an unknown one nova-compute does not start',
  },
  fixes: { near: 'Write {right}' },
  why: `From Train on nova-compute asks libvirt for its models as it starts: *Configured CPU model: … is not correct, or your host CPU arch
does not support this model*, and ends. Before, each guest failed. Capitals count before Train only. A newer libvirt knows more models
than the older one on the next host.`,
  sources: [
    'nova/virt/libvirt/driver.py, _check_cpu_compatibility and _get_cpu_model_mapping, 26.2.2',
    'nova-compute 26.2.2 with cpu_models = NoSuchModel: exits',
    'the models of libvirt 9.0.0',
  ],
  explains: [/Configured CPU model: \S+ is not correct, or your host CPU arch does not support this model/],
  preflight: 'destination',
  examples: [
    {
      title: 'the host was asked',
      files: {
        'etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Westmere, ⟦Cascadelake-Servre⟧\n',
        'facts.json': '{"cpuModels":["Westmere","Haswell","Cascadelake-Server"]}',
      },
      good: {
        'etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Westmere, Cascadelake-Server\n',
      },
    },
    {
      title: 'a model of later years on an old host',
      release: 'queens',
      files: {
        'etc/nova/nova.conf': '[libvirt]\r\ncpu_mode=custom\r\ncpu_model=⟦EPYC-Rome⟧\r\n',
        'facts.json': '{"cpuModels":["Westmere","Haswell"]}',
      },
    },
    {
      title: 'misspelt',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = ⟦Hasswell-noTSX⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Haswell-noTSX\n' },
    },
    {
      title: 'capitals, before Train',
      release: 'stein',
      files: {
        'etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_model = ⟦haswell⟧\n',
        'facts.json': '{"cpuModels":["Westmere","Haswell"]}',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_model = Haswell\n' },
    },
    {
      title: 'capitals, newer models and versions of known ones, and a mode that takes none',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = haswell, SapphireRapids\n',
        'a/facts.json': '{"cpuModels":["Haswell","SapphireRapids"]}',
        'b/etc/nova/nova.conf':
          '[libvirt]\ncpu_mode = custom\ncpu_models = EPYC-Turin,GraniteRapids,Skylake-Server-v4,Opteron_G6,POWER11\n',
        'c/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\ncpu_models = Hasswell\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Hasswell\n',
      },
    },
  ],
  check(host, report) {
    const list = listItems(host, 'cpu_models');
    if (!list || host.nova.get('cpu_mode')?.value !== 'custom' || !runsGuests(host)) return;
    const measured = host.facts?.cpuModels;
    const facts = host.first('facts');
    const early = host.release.index < TRAIN;
    const fold = (name: string): string => (early && measured ? name : name.toLowerCase());
    const known = new Set((measured ?? CPU_MODELS).map(fold));
    for (const { word, span } of list.items) {
      if (known.has(fold(word))) continue;
      const [right] = nearest(word, measured ?? CPU_MODELS);
      const fix =
        right === undefined
          ? undefined
          : { title: 'near' as const, values: { right }, edits: [replace(list.file, span, right)] };
      const values = { model: word, host: host.name, right: right ?? '' };
      if (measured && measured.length > 0)
        report({
          file: list.file,
          span,
          message: early ? 'guest' : 'start',
          values,
          // A model that has the wrong capitals is none only before Train.
          guess: measured.some((m) => m.toLowerCase() === word.toLowerCase()) && !holdsAtAll(host, (r) => r < TRAIN),
          related: facts ? [{ file: facts, span: TOP, message: 'The models as measured' }] : [],
          fixes: [fix],
        });
      // Numbers and versions tell models apart: another one is a model of another year.
      else if (right !== undefined && /[a-z]{5}/i.test(word) && digits(word) === digits(right))
        report({ file: list.file, span, message: 'near', severity: 'warning', values, fixes: [fix] });
    }
  },
});

const digits = (name: string): string => name.replace(/\D/g, '');
