import type { Amounts, Progress } from '../types';

/** What `virsh domjobinfo --rawstats` tells. */
export interface JobInfo {
  /** virDomainJobType. */
  readonly type: 'none' | 'bounded' | 'unbounded' | 'completed' | 'failed' | 'cancelled';
  /** virDomainJobOperation, of which only these concern migrations; absent in libvirt before 3.3. */
  readonly operation: 'incoming' | 'outgoing' | 'other' | undefined;
  readonly progress: Omit<Progress, 'phase'>;
}

const TYPES = ['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const;
const INCOMING = 4;
const OUTGOING = 5;

/** @returns undefined for what is no answer of `domjobinfo` */
export function readJobInfo(text: string): JobInfo | undefined {
  const type = /^\s*Job type:\s*(\d+)\s*$/m.exec(text)?.[1];
  const known = type === undefined ? undefined : TYPES[Number(type)];
  if (known === undefined) return undefined;
  const values = new Map([...text.matchAll(/^\s*([a-z_]+): (\d+)\s*$/gm)].map((m) => [m[1]!, Number(m[2])]));
  const operation = values.get('operation');
  const memory = amounts(values, 'memory');
  const disk = amounts(values, 'disk');
  const pageSize = values.get('memory_page_size');
  const dirtyPages = values.get('memory_dirty_rate');
  const dirtyRate = dirtyPages && pageSize ? dirtyPages * pageSize : undefined;
  return {
    type: known,
    operation:
      operation === undefined
        ? undefined
        : operation === INCOMING
          ? 'incoming'
          : operation === OUTGOING
            ? 'outgoing'
            : 'other',
    progress: {
      ...given('elapsed', values.get('time_elapsed')),
      ...(memory && { memory }),
      ...(disk && { disk }),
      ...given('rate', values.get('memory_bps')),
      ...given('dirtyRate', dirtyRate),
      ...given('iteration', values.get('memory_iteration')),
      ...given('downtime', values.get('downtime')),
      ...given('throttle', values.get('auto_converge_throttle')),
    },
  };
}

function amounts(values: ReadonlyMap<string, number>, what: string): Amounts | undefined {
  const total = values.get(`${what}_total`);
  if (!total) return undefined;
  return {
    total,
    processed: values.get(`${what}_processed`) ?? 0,
    remaining: values.get(`${what}_remaining`) ?? 0,
  };
}

const given = <K extends string>(key: K, value: number | undefined): { readonly [P in K]?: number } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: number };
