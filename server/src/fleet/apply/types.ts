import type { StepView } from '../../fleet-protocol';

/** Something that is done on a node, one command or several that belong together. */
export interface Action {
  readonly title: string;
  /** Run one after the other, by words, as root; the first that fails fails the action. */
  readonly commands: readonly Command[];
  /** Only looked at. */
  readonly check?: Check;
}

export interface Command {
  readonly argv: readonly string[];
  /** It may fail: what is to be stopped may not run. */
  readonly may?: boolean;
  /** ms; it is told to end then. */
  readonly timeout: number;
}

/** What must hold after a restart. */
export interface Check {
  /** Units, services or jobs that must be there and stay. */
  readonly services: readonly Service[];
  /** TCP ports that must be listened on. */
  readonly ports: readonly Port[];
  /** Paths of Unix sockets, of which one must be listened on. */
  readonly sockets: readonly string[];
}

export interface Port {
  readonly port: number;
  /** Empty for any. */
  readonly address: string;
  /** Where the configuration says so: `tcp_port in /etc/libvirt/libvirtd.conf`. */
  readonly by: string;
}

/** A daemon under the name that the host's init system knows it by. */
export interface Service {
  readonly init: 'systemd' | 'upstart' | 'sysvinit';
  /** `libvirtd.service`, `libvirt-bin`. */
  readonly name: string;
  /** Where its words go beside the journal. */
  readonly logs: readonly string[];
  /** Systemd starts it when somebody connects: with this unit active it need not run. */
  readonly socket?: string;
}

/** A change that takes effect as one, and is taken back as one. */
export interface Effect {
  readonly title: string;
  /** Absolute paths of the files that it is for. */
  readonly files: readonly string[];
  readonly actions: readonly Action[];
  /** Names by which facts know when its daemons were started. */
  readonly daemons: readonly string[];
}

export interface Plan {
  readonly node: string;
  readonly steps: readonly StepView[];
  readonly notes: readonly string[];
  readonly effects: readonly Effect[];
  /** Seconds since 1970, by daemon: when they were started, as far as it is known. */
  readonly started: Readonly<Record<string, number>>;
}
