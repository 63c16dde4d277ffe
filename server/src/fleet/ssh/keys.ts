import { readFile } from 'node:fs/promises';
import { utils, type ParsedKey } from 'ssh2';
import type { Prompts } from '../types';
import { signsAtOnce } from './sign';
import { Unchanged } from './unchanged';

/** A wrong passphrase is asked for again this often. */
const AGAIN = 2;

/** A private key in a file. */
export interface KeyFile {
  readonly file: string;
  /** The public half; undefined where the file is encrypted throughout and has no `.pub` beside it. */
  readonly publicKey: Buffer | undefined;
  readonly encrypted: boolean;
}

/**
 * Private keys in files, decrypted at most once for all connections that share it; passphrases are not kept. Two
 * connections that need the same key at the same time ask once.
 */
export class KeyStore {
  readonly #opened = new Map<string, Promise<ParsedKey | undefined>>();
  readonly #files = new Unchanged((text) => ({ text, parsed: parse(text) }));

  /** @returns undefined for a file that is not there; a string says why it cannot be used */
  async look(file: string): Promise<KeyFile | string | undefined> {
    let found;
    try {
      found = await this.#files.get(file);
    } catch (error) {
      return (error as Error).message;
    }
    if (!found) return undefined;
    const { text, parsed } = found;
    if (!(parsed instanceof Error)) {
      if (parsed.isPrivateKey()) return { file, publicKey: parsed.getPublicSSH(), encrypted: false };
      return 'it is a public key: name the private one';
    }
    if (!/passphrase|encrypted/i.test(parsed.message)) return parsed.message;
    return { file, publicKey: publicHalf(text) ?? (await besides(file)), encrypted: true };
  }

  /** @returns the private key; undefined when its passphrase was not told, or was wrong each time */
  async open({ file, encrypted }: KeyFile, prompts: Pick<Prompts, 'passphrase'>): Promise<ParsedKey | undefined> {
    const waiting = this.#opened.get(file);
    if (waiting) return waiting;
    const opening = encrypted ? decrypted(file, prompts) : this.#plain(file);
    this.#opened.set(file, opening);
    // What was not told now may be told later, and a file may change.
    const forget = () => this.#opened.delete(file);
    opening.then((key) => (key && encrypted ? undefined : forget()), forget);
    return opening;
  }

  async #plain(file: string): Promise<ParsedKey | undefined> {
    const parsed = (await this.#files.get(file))?.parsed;
    return parsed instanceof Error ? undefined : parsed;
  }
}

async function decrypted(file: string, prompts: Pick<Prompts, 'passphrase'>): Promise<ParsedKey | undefined> {
  const text = await readFile(file);
  for (let turn = 0; turn <= AGAIN; turn++) {
    const passphrase = await prompts.passphrase({ file, again: turn > 0 });
    if (passphrase === undefined) return undefined;
    const key = parse(text, passphrase);
    if (!(key instanceof Error)) return key;
  }
  return undefined;
}

function parse(text: Buffer, passphrase?: string): ParsedKey | Error {
  // Of a file with several keys ssh2 gives a list, of which its types know nothing.
  const parsed = utils.parseKey(text, passphrase) as ParsedKey | readonly ParsedKey[] | Error;
  const key = 'length' in parsed ? (parsed[0] ?? new Error('no key')) : parsed;
  return key instanceof Error ? key : signsAtOnce(key);
}

/** OpenSSH's own format has the public key in the clear. */
function publicHalf(text: Buffer): Buffer | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\w+/=\s]+)-----END/.exec(text.toString('latin1'))?.[1];
  const data = Buffer.from(body ?? '', 'base64');
  const magic = 'openssh-key-v1\0';
  if (data.toString('latin1', 0, magic.length) !== magic) return undefined;
  let at = magic.length;
  const field = (): Buffer => {
    const start = at + 4;
    at = start + data.readUInt32BE(at);
    return data.subarray(start, at);
  };
  try {
    field(); // cipher
    field(); // how its key is made
    field(); // and with what
    at += 4; // number of keys
    return field();
  } catch {
    return undefined;
  }
}

async function besides(file: string): Promise<Buffer | undefined> {
  try {
    const key = parse(await readFile(`${file}.pub`));
    return key instanceof Error ? undefined : key.getPublicSSH();
  } catch {
    return undefined;
  }
}
