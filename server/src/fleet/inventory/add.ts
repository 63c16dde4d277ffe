import type { NodeDraft } from '../../fleet-protocol';
import { isHostDomain } from '../../knowledge/address';
import { isAccount, isPort, readInventory, readJump } from '../../model/inventory';
import { FleetError } from '../types';

const HEAD = `# The hosts that live migrations run between, and how livemig judges them.\n`;

/** What livemig.ini calls the parts of a cloud. */
export const ROLES: readonly string[] = ['compute', 'controller', 'nfs'];

/** Whether a node can have this name: it names a folder of a snapshot, a part of a URI, and what ssh is asked for. */
export function isNodeName(name: string): boolean {
  return /^[\w.][\w.-]{0,252}$/.test(name) && !/^\.+$/.test(name) && name !== '__proto__';
}

/**
 * livemig.ini with nodes added at its end, and all else as it was: comments, order, line ends, a byte order mark.
 * @throws FleetError of code `exists` where a node has the name already, `refused` for what no node can have; nothing is
 * added then
 */
export function addNodes(text: string, drafts: readonly NodeDraft[]): string {
  const names = new Map(readNodes(text).map((n) => [n.name.toLowerCase(), n.name]));
  for (const draft of drafts) {
    judge(draft);
    const known = names.get(draft.name.toLowerCase());
    if (known !== undefined)
      throw new FleetError(
        'exists',
        `livemig.ini has a [node ${known}] already: change that one, or choose another name`,
      );
    names.set(draft.name.toLowerCase(), draft.name);
  }
  if (drafts.length === 0) return text;
  const empty = text.replace(/^\uFEFF/, '').trim() === '';
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  const begun = empty ? HEAD : text;
  const lines = begun.replace(/\r\n?/g, '\n');
  const gap = /(?:^|\n)[^\S\n]*\n$/.test(lines) ? '' : lines.endsWith('\n') ? eol : eol + eol;
  const added = drafts.map((d) => sectionOf(d).join(eol) + eol).join(eol);
  const whole = begun + gap + added;
  // Whatever stands above: what was written is what will be read.
  const read = readNodes(whole).slice(-drafts.length);
  drafts.forEach((draft, i) => {
    const wanted = valuesOf(draft);
    const got = read[i];
    const bad = wanted.find(([key, value]) => got?.values[key] !== value);
    if (got?.name !== draft.name || bad)
      throw new FleetError(
        'refused',
        bad
          ? `${draft.name}: livemig.ini cannot hold ${bad[0]} = ${JSON.stringify(bad[1])}`
          : `livemig.ini cannot hold a node called ${JSON.stringify(draft.name)}`,
      );
  });
  return whole;
}

function readNodes(text: string) {
  return readInventory({ uri: 'livemig.ini', path: 'livemig.ini', kind: 'livemig-ini', text }).nodes;
}

function judge({ name, address, user, port, identity, jump, roles }: NodeDraft): void {
  const no = (why: string): never => {
    throw new FleetError('refused', why);
  };
  if (!isNodeName(name))
    no(`${JSON.stringify(name)} can be no node's name: letters, digits, dot, hyphen and underscore can`);
  // A link-local address is dialled through an interface of the machine that dials.
  if (address !== undefined && !isHostDomain(address.replace(/(?<=^fe80:.*)%[\w.-]+$/i, '')))
    no(
      `${name}: ${JSON.stringify(address)} is no address: write 192.168.3.12, 2001:db8::12 or a name, and nothing else`,
    );
  if (user !== undefined && !isAccount(user)) no(`${name}: ${JSON.stringify(user)} is no name of an account`);
  if (port !== undefined && !isPort(String(port))) no(`${name}: ${port} is no port: write a number from 1 to 65535`);
  if (identity !== undefined && (identity.trim() === '' || /[\x00-\x1f\x7f\u2028\u2029]/.test(identity)))
    no(`${name}: ${JSON.stringify(identity)} is no path of a key`);
  if (jump !== undefined && jump !== 'none')
    for (const hop of jump.split(','))
      if (!readJump(hop.trim()))
        no(`${name}: ${JSON.stringify(hop.trim())} is no host to go through: write user@host:port`);
  for (const role of roles ?? [])
    if (!ROLES.includes(role)) no(`${name}: ${JSON.stringify(role)} is no role: there are ${ROLES.join(', ')}`);
}

/** Keys as livemig.ini has them, in the order of its reference. */
function valuesOf({ address, user, port, identity, jump, roles }: NodeDraft): readonly (readonly [string, string])[] {
  const all = {
    address,
    port: port?.toString(),
    user,
    identity: identity?.trim(),
    jump: jump?.trim(),
    roles: roles && roles.length > 0 ? roles.join(', ') : undefined,
  };
  return Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
}

function sectionOf(draft: NodeDraft): readonly string[] {
  const lines = valuesOf(draft).map(([key, value]) => `${key} = ${value.replace(/[\\;#]/g, '\\$&')}`);
  return [`[node ${draft.name}]`, ...lines];
}
