import { createHash } from 'node:crypto';
import type { SshFacts } from '../../model/ssh';

/** Of a known_hosts that is longer nothing is told: there is one on each of a thousand nodes. */
const MOST_KNOWN = 4000;

/** Values with which an option says what it would say unsaid, or what no migration hangs on. */
const USUAL: Readonly<Record<string, RegExp>> = {
  include:
    /^(?:(?:\/etc\/ssh\/)?sshd?_config\.d\/\*\.conf|\/etc\/crypto-policies\/back-ends\/openssh(?:server)?\.config)$/,
  stricthostkeychecking: /^(?:yes|ask)$/,
  pubkeyauthentication: /^yes$/,
  hostbasedauthentication: /^no$/,
  gssapiauthentication: /^no$/,
  canonicalizehostname: /^(?:no|none)$/,
  verifyhostkeydns: /^no$/,
  permitemptypasswords: /^no$/,
  authorizedkeysfile: /^(?:%h\/)?\.ssh\/authorized_keys$/,
  authorizedkeyscommand: /^none$/,
  trustedusercakeys: /^none$/,
  port: /^22$/,
};
/** Patterns of what is no machine on a network. */
const NO_MACHINE = /^(?:unix|vsock|machine|\.host)\b/;
const HOST_KEY = /^\/etc\/ssh\/ssh_host_\w+_key$/;

/** What the collector's `trust` said; undefined where nothing follows from it. */
export function ssh(text: string): SshFacts | undefined {
  const lines = text.split('\n').filter((l) => l !== '');
  if (lines.includes('binary')) return undefined;
  const homes = new Map<string, string>();
  const files = new Map<string, string[][]>();
  let [privates, certificates] = [0, false];
  for (const line of lines) {
    const words = line.split(' ');
    const [first = '', second = ''] = words;
    if (first === 'home') homes.set(second, words.slice(2).join(' '));
    else if (first === 'private') privates++;
    else if (first === 'certificate') certificates = true;
    else if (first.startsWith('/')) files.set(first, [...(files.get(first) ?? []), words.slice(1)]);
  }
  const of = (...names: string[]): string[][] => names.flatMap((name) => files.get(name) ?? []);
  const like = (pattern: RegExp): string[][][] =>
    [...files].flatMap(([name, found]) => (pattern.test(name) ? [found] : []));
  const root = homes.get('root');
  if (root === undefined) return undefined;
  const sshd = like(/^\/etc\/ssh\/sshd_config(?:\.d\/.*)?$/);
  const server = options(sshd);
  const own = sshd.flat().flatMap(([name = '', value = '']) => (name.toLowerCase() === 'hostkey' ? [value] : []));
  const known = of(
    ...[`${root}/.ssh/known_hosts`, `${root}/.ssh/known_hosts2`],
    ...['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
  ).map(([type = '', blob = '', hosts = '', marker]) =>
    [...(marker ? [marker] : []), hosts, keyOf(type, blob)].join(' '),
  );
  const keys = [...files].flatMap(([name, found]) => (/\/\.ssh\/id_\w+\.pub$/.test(name) ? found.slice(0, 1) : []));
  const shown = [...files].flatMap(([name, found]) =>
    HOST_KEY.test(name.replace(/\.pub$/, '')) && (own.length === 0 || own.includes(name.replace(/\.pub$/, '')))
      ? found.slice(0, 1)
      : [],
  );
  return {
    ...(known.length <= MOST_KNOWN && { known }),
    // A private key alone may be any, and a certificate may be taken where its key is not.
    ...(keys.length === privates && !certificates && { keys: keys.map(plain) }),
    authorized: Object.fromEntries(
      [...homes].map(([account, home]) => [
        account,
        of(`${home}/.ssh/authorized_keys`, `${home}/.ssh/authorized_keys2`).map(plain),
      ]),
    ),
    ...(shown.length > 0 && own.every((name) => HOST_KEY.test(name)) && { hostKeys: shown.map(plain) }),
    client: options([of(`${root}/.ssh/config`), ...like(/^\/etc\/ssh\/ssh_config(?:\.d\/.*)?$/)]),
    server,
  };
}

/** `ssh-ed25519 AAAA… [options]` as ssh-keygen writes keys. */
function plain([type = '', blob = '', restricted]: readonly string[]): string {
  return `${restricted === undefined ? '' : 'options '}${keyOf(type, blob)}`;
}

function keyOf(type: string, blob: string): string {
  const hash = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64');
  return `${type} SHA256:${hash.replace(/=+$/, '')}`;
}

/** What files of a configuration say for some host or account that is not usual: `proxyjump ?`, names in lower case. */
function options(files: readonly (readonly string[])[][]): readonly string[] {
  const found = new Set<string>();
  for (const lines of files) {
    // A block ends with its file.
    let [concerns, some] = [true, false];
    for (const [word = '', ...values] of lines) {
      const name = word.toLowerCase();
      if (name === 'host') concerns = values.some((v) => !NO_MACHINE.test(v));
      else if (name === 'match') [concerns, some] = [true, values[0]?.toLowerCase() !== 'all'];
      const value = values.length === 1 ? values[0]! : '?';
      if (name === 'host' || name === 'match' || name === 'hostkey' || !concerns) continue;
      if (name === 'permitrootlogin') found.add(`${name} ${some ? '?' : value.toLowerCase()}`);
      else if (USUAL[name]?.test(value) !== true) found.add(`${name} ${value}`);
    }
  }
  return [...found];
}
