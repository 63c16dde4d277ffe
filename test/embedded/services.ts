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
  return why === undefined ? said(state()) : failed(`${verb}: Job failed to start`);
}

function systemd(daemon: Daemon | undefined, unit: string, verb: string, call: Call): Ended {
  if (verb === 'is-active') {
    const state = daemon?.running ? 'active' : daemon?.failed !== undefined ? 'failed' : 'inactive';
    return said(state, state === 'active' ? 0 : 3);
  }
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
  service(args, call) {
    const [unit = '', verb = ''] = args;
    const daemon = call.node.daemon(unit);
    if (!daemon) return failed(`${unit}: unrecognized service`);
    return call.node.facts().init === 'systemd' ? systemd(daemon, unit, verb, call) : upstart(daemon, verb, call);
  },
  systemctl(args, call) {
    if (call.node.facts().init !== 'systemd') return failed('systemctl: not found', 127);
    const [verb = '', ...units] = args.filter((a) => !a.startsWith('-'));
    let last: Ended = said('');
    for (const unit of units) {
      last = systemd(call.node.daemon(unit), unit, verb, call);
      if (last.code !== 0 && verb !== 'is-active') return last;
    }
    return last;
  },
};
