/** `service` and `systemctl` on an embedded node, in the words of upstart and systemd. */
import type { Call, Command, Ended } from './commands';
import type { Daemon } from './node';

const said = (stdout: string, code = 0): Ended => ({ code, stdout: stdout === '' ? '' : `${stdout}\n` });
const failed = (stderr: string, code = 1): Ended => ({ code, stderr: `${stderr}\n` });

/** @returns why it did not come up */
function act(daemon: Daemon, verb: string, { node }: Call): string | undefined {
  if (/^(?:stop|restart|try-restart|reload-or-restart)$/.test(verb)) node.stop(daemon);
  return verb === 'stop' ? undefined : node.start(daemon);
}

function upstart(daemon: Daemon, verb: string, call: Call): Ended {
  const state = (): string =>
    daemon.running ? `${daemon.unit} start/running, process ${daemon.running.pid}` : `${daemon.unit} stop/waiting`;
  if (verb === 'status') return said(state());
  if (!/^(?:start|stop|restart)$/.test(verb)) return failed(`service: unknown argument: ${verb}`, 2);
  if (verb === 'start' && daemon.running) return failed(`start: Job is already running: ${daemon.unit}`);
  if (verb !== 'start' && !daemon.running && verb === 'stop') return failed('stop: Unknown instance: ');
  // Upstart starts the job, which respawns and is given up: the words are in the daemon's log.
  const why = act(daemon, verb, call);
  return why === undefined ? said(state()) : failed(`${verb === 'restart' ? 'start' : verb}: Job failed to start`);
}

/** `start JOB`, as upstart has it beside `service JOB start`. */
const job =
  (verb: string): Command =>
  (args, call) => {
    const [unit = ''] = args;
    const daemon = call.node.daemon(unit);
    return daemon && call.node.facts().init === 'upstart'
      ? upstart(daemon, verb, call)
      : failed(`${verb}: Unknown job: ${unit}`);
  };

function systemd(daemon: Daemon | undefined, unit: string, verb: string, call: Call): Ended {
  if (verb === 'is-active') {
    const state = daemon?.running ? 'active' : daemon?.failed !== undefined ? 'failed' : 'inactive';
    return said(state, state === 'active' ? 0 : 3);
  }
  if (verb === 'show') {
    const [active, sub] = daemon?.running
      ? ['active', 'running']
      : daemon?.failed !== undefined
        ? ['failed', 'failed']
        : ['inactive', 'dead'];
    const loaded = daemon ? 'loaded' : 'not-found';
    return said(`LoadState=${loaded}\nActiveState=${active}\nSubState=${sub}\nMainPID=${daemon?.running?.pid ?? 0}`);
  }
  if (verb === 'status') return said(daemon?.failed ?? '', daemon?.running ? 0 : 3);
  if (verb === 'reset-failed') return said('');
  if (!daemon) return failed(`Failed to ${verb} ${unit}: Unit ${unit} not found.`, 5);
  if (!/^(?:start|stop|restart|try-restart|reload-or-restart)$/.test(verb))
    return failed(`Unknown command verb ${verb}.`);
  const why = act(daemon, verb, call);
  return why === undefined
    ? said('')
    : failed(
        `Job for ${daemon.unit}.service failed because the control process exited with error code.\nSee "systemctl status ${daemon.unit}.service" and "journalctl -xeu ${daemon.unit}.service" for details.`,
      );
}

export const services: Readonly<Record<string, Command>> = {
  start: job('start'),
  stop: job('stop'),
  status: job('status'),
  journalctl(args, { node }) {
    const daemon = node.daemon(args[args.indexOf('-u') + 1] ?? '');
    return said(daemon?.failed ?? '');
  },
  service(args, call) {
    const [unit = '', verb = ''] = args;
    const daemon = call.node.daemon(unit);
    if (!daemon) return failed(`${unit}: unrecognized service`);
    return call.node.facts().init === 'systemd' ? systemd(daemon, unit, verb, call) : upstart(daemon, verb, call);
  },
  systemctl(args, call) {
    if (call.node.facts().init !== 'systemd') return failed('systemctl: not found', 127);
    const [verb = '', ...rest] = args.filter(
      (a, i) => !a.startsWith('-') && args[i - 1] !== '-p' && args[i - 1] !== '-n',
    );
    if (verb === 'daemon-reload') return said('');
    // Patterns name what is there.
    const units = rest.filter((u) => !u.includes('*'));
    let last: Ended = said('');
    for (const unit of units) {
      last = systemd(call.node.daemon(unit), unit, verb, call);
      if (last.code !== 0 && verb !== 'is-active') return last;
    }
    return last;
  },
};
