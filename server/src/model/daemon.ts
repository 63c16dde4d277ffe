import type { ShellAssignment, UpstartDocument } from '../syntax/types';
import { basename, type SourceFile } from './files';
import type { Host } from './host';
import { documentOf } from './parsed';
import { argumentsVariable, isDefaultsRead, serviceArguments, type DaemonArguments } from './service';
import { socketsByUnits } from './units';

export { argumentsVariable, type DaemonArguments };

/** How libvirtd is started and on what it listens, as far as the files show it. */
export interface Daemon {
  /** The arguments that count: those of the unit or the upstart job, with the default file's where it sets and they read them. */
  readonly arguments: DaemonArguments | undefined;
  /** The default file's own, whether they count or not; not those of a file that the distribution does not read. */
  readonly defaults: DaemonArguments | undefined;
  /** The upstart job's own, also where the default file overrides them. */
  readonly upstart: DaemonArguments | undefined;
  /** `--listen` is given; undefined when no file that decides it is in view. */
  readonly listen: boolean | undefined;
  /**
   * Systemd opens the TCP and TLS sockets itself, by the facts, else by the units; undefined when not known. `local`: it
   * opens the daemon's Unix socket, and then the daemon takes no other than systemd's, whatever listen_tcp and listen_tls say.
   */
  readonly sockets: { readonly tcp: boolean; readonly tls: boolean; readonly local: boolean } | undefined;
  /** Proven to be started without socket units: by an upstart job, a libvirt-bin default file, or units that are off. */
  readonly serviceMode: boolean;
}

const VARIABLES = ['libvirtd_opts', 'LIBVIRTD_ARGS'];

export function readDaemon(host: Host): Daemon {
  const file = host.filesOf('defaults').find((f) => isDefaultsRead(host, f) !== false);
  const upstartFile = host.first('upstart');
  const variable = file && argumentsVariable(host, file);
  const names = variable === undefined ? VARIABLES : [variable];
  const defaults = file && fromAssignments(file, documentOf(file, 'shell').assignments, names);
  const job = upstartFile && documentOf(upstartFile, 'upstart');
  const exec =
    upstartFile && job?.exec
      ? { file: upstartFile, span: job.exec.span, assignment: undefined, words: literal(job.exec.command) }
      : undefined;
  const env = upstartFile && job && fromAssignments(upstartFile, job.env, VARIABLES);
  // A command line without a variable takes nothing from elsewhere.
  const upstart = exec?.words ? exec : (env ?? exec);
  const service = upstartFile ? undefined : serviceArguments(host, defaults);
  const overrides = defaults && !(exec?.words ?? (job && !readsDefaults(job)));
  const decisive = service ? service.arguments : overrides ? defaults : (upstart ?? defaults);
  const running = host.facts?.daemonArguments;
  const sockets = socketsOf(host);
  const libvirtBin = upstartFile !== undefined || (file !== undefined && basename(file.path) === 'libvirt-bin');
  return {
    arguments: decisive,
    defaults,
    upstart,
    listen: running ? listens(running) : listens(service?.sure ?? []) || (decisive?.words && listens(decisive.words)),
    sockets,
    serviceMode: sockets ? !sockets.tcp && !sockets.tls && !sockets.local : libvirtBin,
  };
}

/** Whether getopt would see `--listen`: `-l`, `-dl`, `--listen` or an unambiguous beginning of it. */
export function listens(words: readonly string[]): boolean {
  return words.some((w) => /^--l(i(s(t(en?)?)?)?)?$/.test(w) || /^-[dvhV]*l/.test(w));
}

/**
 * Whether what the default file sets reaches the daemon. Each block of a job is a shell of its own: a default file read
 * in `pre-start script` changes nothing for an `exec` stanza, as in Ubuntu 12.04.
 */
function readsDefaults({ text, exec }: UpstartDocument): boolean {
  if (!exec) return true;
  let opened = -1;
  for (const line of text.slice(0, exec.span.start).matchAll(BLOCK)) opened = line[1] === undefined ? line.index : -1;
  return opened >= 0 && text.slice(opened, exec.span.start).includes('/etc/default/');
}

/** Lines that open a main block or close any. */
const BLOCK = /^[ \t]*(end[ \t]+)?script\b/gm;

function fromAssignments(
  file: SourceFile,
  assignments: readonly ShellAssignment[],
  names: readonly string[],
): DaemonArguments | undefined {
  const last = assignments.findLast((a) => names.includes(a.name));
  return last && { file, span: last.span, assignment: last, words: last.value?.split(/\s+/).filter((w) => w !== '') };
}

/** A command line without anything a shell would expand. */
function literal(command: string): readonly string[] | undefined {
  return /[$`*?;&|<>]/.test(command) ? undefined : command.split(/\s+/).filter((w) => w !== '');
}

function socketsOf(host: Host): Daemon['sockets'] {
  const { sockets: active, init } = host.facts ?? {};
  // Units are of no account where another init runs.
  if (init !== undefined && init !== 'systemd') return { tcp: false, tls: false, local: false };
  if (!active) return socketsByUnits(host);
  return {
    tcp: active.some((s) => /^(libvirtd|virtproxyd)-tcp\.socket$/.test(s)),
    tls: active.some((s) => /^(libvirtd|virtproxyd)-tls\.socket$/.test(s)),
    local: active.some((s) => /^(libvirtd|virtproxyd)\.socket$/.test(s)),
  };
}
