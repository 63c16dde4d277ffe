import { option } from '../../knowledge/nova';
import type { Host } from '../../model/host';
import { isPlaceholder } from './_items';

/**
 * What a processor offers to guests, in the kernel's words: instructions, and what software asks for besides. What KVM
 * makes up itself (x2apic, tsc_deadline_timer, umip), what no guest sees (mce, rapl) and what the kernel only notes for
 * itself (constant_tsc, rep_good) are left out: hosts may differ in them. The most telling come first.
 */
export const GUEST_FLAGS: readonly string[] =
  `avx512f avx512dq avx512bw avx512vl avx512cd avx512ifma avx512vbmi avx512_vnni avx512_vbmi2 avx512_bitalg
  avx512_vpopcntdq avx512_bf16 avx512_fp16 avx512_vp2intersect avx512er avx512pf avx512_4vnniw avx512_4fmaps amx_tile
  amx_int8 amx_bf16 avx_vnni avx2 avx fma f16c bmi1 bmi2 aes sha_ni vaes gfni vpclmulqdq pclmulqdq sse4_2 sse4_1 ssse3
  pni sse2 popcnt movbe adx rdrand rdseed abm xsave xsaveopt xsavec xsaves xgetbv1 fsgsbase invpcid pcid pdpe1gb rdtscp
  smep smap erms fsrm clflushopt clwb pku rdpid la57 movdiri movdir64b serialize waitpkg mpx hle rtm cx16 lahf_lm sse4a
  misalignsse 3dnowprefetch fma4 xop tbm 3dnow 3dnowext mmxext fxsr_opt topoext clzero wbnoinvd vmx svm`.split(/\s+/);

/** Names that libvirt has and the kernel has not, without blanks and strokes. */
const LIBVIRT_NAMES: Readonly<Record<string, string>> = { pclmuldq: 'pclmulqdq', sse3: 'pni', lzcnt: 'abm' };

const plain = (flag: string): string => flag.toLowerCase().replace(/[-_.]/g, '');
const BY_PLAIN = new Map(GUEST_FLAGS.map((flag) => [plain(flag), flag]));

/** The kernel's name of a flag as libvirt and nova.conf call it; undefined for those that are not in GUEST_FLAGS. */
export function kernelFlag(name: string): string | undefined {
  const word = plain(name);
  return BY_PLAIN.get(LIBVIRT_NAMES[word] ?? word);
}

/** A processor as guests see it. */
export interface Processor {
  readonly vendor: string | undefined;
  /** Those of GUEST_FLAGS that it has. */
  readonly flags: ReadonlySet<string>;
  /** Equal for processors that guests cannot tell apart. */
  readonly key: string;
}

const known = new WeakMap<Host, { readonly processor: Processor | undefined }>();

/** As measured; undefined for processors of another kind than x86, whose flags have other names. */
export function processorOf(host: Host): Processor | undefined {
  const memo = known.get(host);
  if (memo) return memo.processor;
  const { vendor, flags } = host.facts?.cpu ?? {};
  let processor: Processor | undefined;
  // Every processor of x86 that runs KVM has SSE2.
  if (flags?.includes('sse2')) {
    const all = new Set(flags);
    const own = GUEST_FLAGS.filter((flag) => all.has(flag));
    processor = { vendor, flags: new Set(own), key: [vendor ?? '', ...own].join(' ') };
  }
  known.set(host, { processor });
  return processor;
}

/** What guests of a host get for a processor; undefined where that cannot be known, or is none of KVM's. */
export function guestProcessor(host: Host): 'host-model' | 'host-passthrough' | 'custom' | 'none' | undefined {
  // A lone nova-compute.conf or the like does not tell what the other files set.
  if (!host.nova.whole || host.nova.files.length === 0) return undefined;
  const type = host.nova.get('virt_type');
  if ((type?.value ?? 'kvm') !== 'kvm' || (type?.raw !== undefined && type.value === undefined)) return undefined;
  const mode = host.nova.get('cpu_mode');
  // Nova's default for KVM at every release is the host's model.
  if (!mode?.value) return mode?.raw ? undefined : 'host-model';
  const word = mode.value;
  return word === 'host-model' || word === 'host-passthrough' || word === 'custom' || word === 'none'
    ? word
    : undefined;
}

/** The flags that nova.conf adds to custom models: `pcid, +ssbd`; those taken away with `-` are left out. */
export function addedFlags(host: Host): readonly string[] {
  const home = option('libvirt', 'cpu_model_extra_flags');
  const value = home && host.nova.effective(home).value;
  if (!value || isPlaceholder(value)) return [];
  return value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && !word.startsWith('-'))
    .map((word) => word.replace(/^\+/, ''));
}

/** `avx512f, avx512dq and 5 more` */
export function some(flags: readonly string[], limit = 4): string {
  const shown = flags.slice(0, limit).join(', ');
  return flags.length > limit ? `${shown} and ${flags.length - limit} more` : shown;
}
