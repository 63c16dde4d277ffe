import { FleetError } from '../types';

const SOCKET: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused): is sshd running, and is this its port?',
  ENOTFOUND: 'no such name: give its address in livemig.ini, or make the name resolve',
  EAI_AGAIN: 'the name cannot be looked up now: no name server answers',
  EHOSTUNREACH: 'no way to that host: it is down, or a firewall rejects',
  ENETUNREACH: 'no way to that network from here',
  ETIMEDOUT: 'it does not answer: it is down, or a firewall drops',
  EADDRNOTAVAIL: 'this is no address that can be dialled from here',
  EACCES: 'dialling is forbidden here',
  EPERM: 'a firewall of this machine forbids it',
};

/** What ssh2 calls the parts of a negotiation, and what operators do. */
const PARTS: readonly (readonly [said: RegExp, key: string, words: string])[] = [
  [/key exchange/, 'KEX method', 'key exchange'],
  [/host key format/, 'Host key format', 'kind of host key'],
  [/C->S cipher/, 'C->S cipher', 'cipher'],
  [/S->C cipher/, 'S->C cipher', 'cipher'],
  [/C->S MAC/, 'C->S MAC', 'MAC'],
  [/S->C MAC/, 'S->C MAC', 'MAC'],
  [/C->S compression/, 'C->S compression', 'compression'],
  [/S->C compression/, 'S->C compression', 'compression'],
];

/** Lists as ssh2's debug lines tell them: `Handshake: (local) KEX method: a,b`. */
export class Lists {
  readonly #lists = new Map<string, string>();

  readonly take = (line: string): void => {
    const [, side, part, list] = /^Handshake: \((local|remote)\) ([^:]+): (.*)$/.exec(line) ?? [];
    if (side !== undefined && part !== undefined) this.#lists.set(`${side} ${part}`, list ?? '');
  };

  of(side: 'local' | 'remote', part: string): string {
    return (this.#lists.get(`${side} ${part}`) ?? '').split(',').join(', ') || 'nothing';
  }
}

/** An error of a socket or of ssh2, before the login was through, in words for an operator. */
export function wordsFor(error: Error, name: string, lists: Lists): FleetError {
  const { message } = error;
  const code = (error as NodeJS.ErrnoException).code;
  const socket = typeof code === 'string' ? SOCKET[code] : undefined;
  if (socket !== undefined) return new FleetError('unreachable', `${name}: ${socket}`, message);
  if (code === 'ECONNRESET' || code === 'EPIPE' || /lost before handshake/i.test(message))
    return new FleetError(
      'lost',
      `${name} closed the connection at once: it is no SSH server, it has too many connections (MaxStartups), or it does not want this machine`,
      message,
    );
  const part = /no matching/i.test(message) ? PARTS.find(([said]) => said.test(message)) : undefined;
  if (part) {
    const [, key, words] = part;
    return new FleetError(
      'negotiation',
      `${name} and livemig have no ${words} in common. ${name} offers: ${lists.of('remote', key)}. Livemig offers: ${lists.of('local', key)}.`,
      message,
    );
  }
  if (/ident|protocol version|handshake failed|malformed|received .*packet|bad packet|invalid/i.test(message))
    return new FleetError('negotiation', `${name} does not speak SSH as livemig does: ${message}`, message);
  return new FleetError('lost', `${name}: ${message}`, message);
}
