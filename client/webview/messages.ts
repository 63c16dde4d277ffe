/** What pages and the extension say to each other. Types only; what is seen comes as words that are translated already. */
import type { DrainView, MatrixView, ReasonView, Sample } from '../../server/src/fleet-protocol';

/** A finding, and where its link leads. */
export interface Finding {
  readonly severity: ReasonView['severity'];
  readonly message: string;
  /** `compute2: libvirtd.conf, line 3` */
  readonly where: string;
  readonly rule: string;
}

export interface MatrixPage {
  readonly title: string;
  readonly groups: MatrixView['groups'];
  readonly cells: MatrixView['cells'];
  readonly findings: readonly Finding[];
  readonly unread: MatrixView['unread'];
  readonly words: Readonly<
    Record<
      | ('ready' | 'warnings' | 'blocked' | 'same' | 'from' | 'to' | 'again' | 'find' | 'nothing' | 'unread' | 'hint')
      | ('pair' | 'others' | 'all' | 'missing' | 'example'),
      string
    >
  >;
}

export interface DrainPage {
  readonly title: string;
  readonly moves: readonly {
    readonly name: string;
    readonly destination: string;
    readonly memory: string;
    readonly state: 'ready' | 'warnings';
    /** That its disks are copied, if they are. */
    readonly copied?: string;
    readonly findings: readonly (Finding & { readonly index: number })[];
    /** Once it runs. */
    readonly progress?: DrainView['moves'][number]['progress'];
    readonly said?: string;
  }[];
  readonly stay: readonly {
    readonly name: string;
    readonly why: string;
    readonly findings: readonly (Finding & { readonly index: number })[];
  }[];
  readonly notes: readonly string[];
  /** What is asked before it begins; absent once it runs. */
  readonly form?: { readonly parallel: number; readonly service: boolean; readonly options: string };
  readonly status: string;
  readonly actions: readonly ('pause' | 'resume' | 'cancel' | 'enable')[];
  readonly words: Readonly<
    Record<
      | ('move' | 'instance' | 'destination' | 'memory' | 'state' | 'stay' | 'why' | 'notes' | 'parallel' | 'disable')
      | ('reason' | 'start' | 'close' | 'options' | 'pause' | 'resume' | 'cancel' | 'enable' | 'nothing')
      | ('ready' | 'warnings' | 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled' | 'left'),
      string
    >
  >;
}

export interface ChartPage {
  readonly title: string;
  readonly status: string;
  /** It does not converge, and what that means. */
  readonly stuck?: string;
  readonly over: boolean;
  readonly actions: readonly { readonly id: string; readonly label: string }[];
  readonly samples: readonly Sample[];
  /** ms since 1970: when it began. */
  readonly began: number;
  /** Of the probe; absent where there is none. */
  readonly gaps?: readonly { readonly from: number; readonly to: number }[];
  readonly probe?: string;
  readonly words: Readonly<
    Record<
      | ('remaining' | 'rate' | 'dirty' | 'throttle' | 'time' | 'numbers' | 'none' | 'gaps' | 'memory' | 'rates')
      | 'slowed',
      string
    >
  >;
}

export type ToPage =
  | { readonly kind: 'matrix'; readonly page: MatrixPage }
  | { readonly kind: 'drain'; readonly page: DrainPage }
  | { readonly kind: 'chart'; readonly page: ChartPage };

export type FromPage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'open'; readonly finding: number }
  | { readonly kind: 'again' }
  | { readonly kind: 'options' }
  | { readonly kind: 'close' }
  | { readonly kind: 'start'; readonly parallel: number; readonly disable?: string }
  | { readonly kind: 'action'; readonly action: string };
