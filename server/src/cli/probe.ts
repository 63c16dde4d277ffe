import { InvalidArgumentError, Option, type Command } from 'commander';
import { isIpv6 } from '../addresses';
import type { ProbeOptions } from '../fleet-protocol';
import { wrongIn } from '../migration/probe/wrong';

export interface RawProbe {
  readonly probe?: ProbeOptions;
  readonly probeFrom?: string;
  readonly probeCommand?: string;
}

const FORMS = 'ping:ADDRESS, tcp:ADDRESS:PORT or ssh:[USER@]ADDRESS[:PORT]';

/** What ssh runs where nothing else is said. */
const COMMAND = 'true';

/** The options that have the guest asked, as long as it moves, whether it answers. */
export function probing(command: Command): Command {
  return command
    .addOption(
      new Option('--probe <how>', `ask the guest meanwhile whether it answers, and wait to the end: ${FORMS}`)
        .argParser(probeOf)
        .implies({ wait: true }),
    )
    .addOption(new Option('--probe-from <node>', 'the node that asks; this machine if it is not given'))
    .addOption(
      new Option(
        '--probe-command <command>',
        `what ssh runs in the guest, which has to end with 0; ${COMMAND} if it is not given`,
      ).argParser(commandOf),
    );
}

/** Of the three options one probe; those that say nothing without another are refused. */
export function probeIn(command: Command, { probe, probeFrom, probeCommand }: RawProbe): ProbeOptions | undefined {
  const refuse = (words: string): never => command.error(`error: ${words}`, { exitCode: 2 });
  if (!probe) {
    const alone = probeFrom !== undefined ? '--probe-from' : probeCommand !== undefined ? '--probe-command' : undefined;
    if (alone !== undefined) refuse(`option '${alone}' says nothing without --probe: add --probe ${FORMS}`);
    return undefined;
  }
  if (probeCommand !== undefined && !probe.ssh)
    refuse("option '--probe-command' is for ssh alone: write --probe ssh:[USER@]ADDRESS, or leave it out");
  return {
    ...probe,
    ...(probeFrom !== undefined && { node: probeFrom }),
    ...(probe.ssh && probeCommand !== undefined && { ssh: { ...probe.ssh, command: probeCommand } }),
  };
}

/**
 * `ping:10.0.0.5`, `tcp:[2001:db8::5]:443`, `ssh:me@web1`.
 * @throws InvalidArgumentError that says what to write instead
 */
export function probeOf(word: string): ProbeOptions {
  const [, way, rest = ''] = /^(ping|tcp|ssh):(.*)$/s.exec(word) ?? [];
  if (way === undefined || rest === '') throw new InvalidArgumentError(`Write ${FORMS}.`);
  // An account may have an @ of its own, as me@corp.example; an address has none.
  const at = way === 'ssh' ? rest.lastIndexOf('@') : -1;
  const [address, port] = addressOf(rest.slice(at + 1), way);
  return checked({
    address,
    ...(port !== undefined && { port }),
    ...(way === 'ssh' && { ssh: { command: COMMAND, ...(at >= 0 && { user: rest.slice(0, at) }) } }),
  });
}

/** An address, and the port behind it. */
function addressOf(text: string, way: string): readonly [address: string, port: number | undefined] {
  const found = /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/s.exec(text);
  const form = way === 'tcp' ? 'tcp:[2001:db8::5]:443' : `${way}:[2001:db8::5]`;
  if (!found)
    throw new InvalidArgumentError(`"${text}" has several colons: write an IPv6 address in brackets, as ${form}.`);
  const [, bracketed, plain = '', port] = found;
  if (bracketed !== undefined && !isIpv6(bracketed.replace(/%[^%]+$/, '')))
    throw new InvalidArgumentError(`"${bracketed}" is no IPv6 address, which alone stands in brackets, as ${form}.`);
  if (way === 'ping' && port !== undefined)
    throw new InvalidArgumentError(`A ping goes to no port: write ping:ADDRESS, or tcp:ADDRESS:${port || 'PORT'}.`);
  if (way === 'tcp' && port === undefined)
    throw new InvalidArgumentError(`The port is missing: write tcp:${text}:PORT, with a number from 1 to 65535.`);
  if (port !== undefined && !/^[1-9]\d{0,4}$/.test(port))
    throw new InvalidArgumentError(`"${port}" is no TCP port: write a number from 1 to 65535.`);
  return [bracketed ?? plain, port === undefined ? undefined : Number(port)];
}

function commandOf(command: string): string {
  checked({ address: 'guest', ssh: { command } });
  return command;
}

function checked(probe: ProbeOptions): ProbeOptions {
  const wrong = wrongIn(probe);
  if (wrong === undefined) return probe;
  throw new InvalidArgumentError(`${wrong.charAt(0).toUpperCase()}${wrong.slice(1)}.`);
}
