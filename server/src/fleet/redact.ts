import { lookup } from '../knowledge/nova';
import { NEWEST } from '../knowledge/releases';
import { kindOf, type FileKind } from '../model/files';

/**
 * What stands in place of a secret: a value that every rule takes for right, one word in every dialect, and no reference
 * to anything.
 */
export const MARK = '***';

/** In place of a secret with a `$` that refers to nothing: it stops nova, which is to be told of a snapshot, too. */
const BROKEN_REFERENCE = '$redacted';

/** Words with one of the stems below in them that have nothing to do with secrets. */
const HARMLESS = /keystone|key_?maps?|keep|key_?ring|key_?tab|key_?manager|keymgr|keyboard|monkey|passthrough/g;
const STEMS = /passw|passphrase|passcode|secret|token|key/;
const SHORT = /(?:^|[_.-])(?:pass|pw|pwd)(?:$|[_.-])/;
/** What a name that ends so holds is about the secret, and not the secret. */
const ABOUT =
  /(?:uuid|files?|path|paths)$|[_.-](?:dir|folder|len|length|size|bytes|bits|time|timeout|ttl|interval|expiration|type|roles?|roles_required|security|algorithms?|strategy|enabled|count|limit|ur[li]|endpoint|driver|backend|provider|format|name|suffix|methods?|bind|policy|required)$/;

/** Whether an option of this name holds a secret, whatever the program. */
export function isSecretName(name: string): boolean {
  const word = name.toLowerCase();
  if (ABOUT.test(word)) return false;
  return STEMS.test(word.replace(HARMLESS, '')) || SHORT.test(word);
}

/** What cannot be a secret: yes and no, nothing, a template's own placeholder, what was redacted before. */
function isHarmless(value: string): boolean {
  return /^(?:true|false|yes|no|on|off|none|null|\{\{[^{}]*\}\}|\*{3,}|<redacted>)?$/i.test(value);
}

/** A key that is named by its file. */
function isKeyFile(name: string, value: string): boolean {
  return !/pass|secret|token/i.test(name) && /^\/(?:etc|var|usr|opt|srv|root|home|run)\/[\w./@-]+$/.test(value);
}

/** The bytes of a file without its secrets: as many lines, and all else as it was. */
export function redact(path: string, bytes: Uint8Array): Uint8Array {
  const kind = kindOf(path);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first, second] = buffer;
  if (first === 0xff && second === 0xfe) return Buffer.from(redactText(buffer.toString('utf16le'), kind), 'utf16le');
  // Swapping wants pairs: an odd byte at the end is nothing of UTF-16.
  if (first === 0xfe && second === 0xff) {
    const even = Buffer.from(buffer.subarray(0, buffer.length & ~1)).swap16();
    return Buffer.from(redactText(even.toString('utf16le'), kind), 'utf16le').swap16();
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer);
    return Buffer.from(redactText(text, kind));
  } catch {
    // A character a byte: what is no UTF-8 stays what it is.
    return Buffer.from(redactText(buffer.toString('latin1'), kind), 'latin1');
  }
}

/** The same for text; `kind` undefined for a file that livemig does not know. */
export function redactText(text: string, kind: FileKind | undefined): string {
  const lines = text.split(/(\r\n|\n|\r)/);
  const redactor = new Redactor(kind);
  for (let i = 0; i < lines.length; i += 2) lines[i] = redactor.line(lines[i]!);
  return lines.join('');
}

/** Files whose lines are `name = value`, and how a value may go on behind its line. */
const CONTINUES: Readonly<Partial<Record<FileKind, 'indented' | 'quoted' | 'backslash'>>> = {
  nova: 'indented',
  libvirtd: 'quoted',
  qemu: 'quoted',
  defaults: 'quoted',
  upstart: 'quoted',
  unit: 'backslash',
  exports: 'backslash',
};

/** Files whose values are command lines and environments, where only blanks and quotes part words; not so mount options. */
const WORDS: ReadonlySet<FileKind | undefined> = new Set<FileKind>(['defaults', 'upstart', 'unit']);

class Redactor {
  readonly #kind: FileKind | undefined;
  #section = '';
  /** Whether the lines that come belong to a secret, and the quotes that end it. */
  #hiding: 'indented' | 'backslash' | `'` | `"` | `"""` | undefined;

  constructor(kind: FileKind | undefined) {
    this.#kind = kind;
  }

  line(line: string): string {
    if (this.#kind === 'passwd' || this.#kind === 'group') return account(line);
    const hidden = this.#hidden(line);
    if (hidden !== undefined) return hidden;
    const header = /^\s*\[([^\]]*)\]?/.exec(line);
    if (header) {
      this.#section = header[1]!;
      return elsewhere(line);
    }
    if (/^\s*[#;]/.test(line)) return comment(line);
    // A full-width sign parts nothing, nor does a blank, but people write such lines.
    const parts =
      /^(\s*(?:export\s+|env\s+|setenv\s+)?)([^=:＝：]*?)(\s*[=:＝：]\s*)(.*)$/s.exec(line) ??
      /^(\s*)([\w.-]+)(\s+)(.*)$/s.exec(line);
    const [, before = '', name = '', separator = '', value = ''] = parts ?? [];
    if (!this.#namesSecret(name)) return elsewhere(line, !WORDS.has(this.#kind) || /^Options$/i.test(name));
    const plain = value.trim().replace(/^(["']?)(.*)\1$/s, '$2');
    const shown = isHarmless(plain) || isUrl(plain) || (isKeyFile(name, plain) && this.#kind !== 'libvirt-auth');
    if (shown && this.#kind === 'nova') this.#hiding = 'indented';
    return shown ? elsewhere(line) : before + name + separator + this.#hide(value);
  }

  /** A line of a secret that began above. */
  #hidden(line: string): string | undefined {
    const until = this.#hiding;
    if (until === undefined) return undefined;
    const blank = line.trim() === '';
    if (until === 'indented') {
      // An indented comment belongs to the value, too.
      if (!blank && /^[ \t]/.test(line)) return line.replace(/^(\s+).*$/s, `$1${MARK}`);
      this.#hiding = undefined;
      return undefined;
    }
    if (until === 'backslash') {
      if (!/\\\s*$/.test(line)) this.#hiding = undefined;
      return line.replace(/^(\s*)(.*?)(\s*\\?\s*)$/s, (_, a: string, b: string, c: string) => a + (b && MARK) + c);
    }
    const end = line.indexOf(until);
    if (end < 0) return blank ? line : MARK;
    this.#hiding = undefined;
    return (end > 0 ? MARK : '') + elsewhere(line.slice(end));
  }

  /** Whether the value of an option of this file is one. */
  #namesSecret(name: string): boolean {
    if (this.#kind === 'libvirt-auth') return !/^credentials$/i.test(name) && this.#section.startsWith('credentials');
    if (this.#kind === 'nova') {
      const found = lookup(this.#section, name, NEWEST);
      const option = found.kind === 'unknown' ? undefined : found.option;
      if (option && option.type !== 'string' && option.type !== 'multistring') return false;
      if (option?.secret) return true;
    }
    return isSecretName(name);
  }

  /** What is written in place of a secret, with the quotes that were round it and whatever its reader needs. */
  #hide(value: string): string {
    const continues = this.#kind && CONTINUES[this.#kind];
    const trailing = /\s*$/.exec(value)![0];
    const text = value.slice(0, value.length - trailing.length);
    if (continues === 'indented') {
      this.#hiding = 'indented';
      if (text === '') return value;
      const [, open = '', close = ''] = /^(["']?).*?(["']?)$/s.exec(text)!;
      const mark = refersToNothing(this.#section, text) ? BROKEN_REFERENCE : MARK;
      return (text.length > 1 ? open + mark + close : mark) + trailing;
    }
    if (text === '') return value;
    const quote = /^(?:"""|["'])/.exec(text)?.[0] as `'` | `"` | `"""` | undefined;
    if (quote !== undefined && continues === 'quoted') {
      const end = text.indexOf(quote, quote.length);
      if (end < 0) {
        this.#hiding = quote;
        return quote + MARK + trailing;
      }
      const rest = text.slice(end + quote.length);
      return quote + MARK + quote + (/^\s*(?:#|$)/.test(rest) ? comment(rest) : '') + trailing;
    }
    if (/\\$/.test(text) && continues !== undefined) {
      this.#hiding = 'backslash';
      return `${MARK} \\${trailing}`;
    }
    // A number stays one: that it stands where a string belongs is libvirt's to say.
    if (continues === 'quoted' && /^\d+$/.test(text) && this.#kind !== 'defaults') return `0${trailing}`;
    const [, open = '', close = ''] = /^(["']?).*?(["']?)$/s.exec(text)!;
    return (text.length > 1 ? open + MARK + close : MARK) + trailing;
  }
}

function isUrl(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/\S*$/i.test(value);
}

/** Whether nova would look for an option by what stands behind a `$` of a secret, and find none at any release. */
function refersToNothing(section: string, value: string): boolean {
  for (const [, dollar, braced, plain] of value
    .replaceAll('\\$', '$$$$')
    .matchAll(/\$(?:(\$)|\{([\w.]+)\}|([a-z_][\w.]*))/gi)) {
    const name = braced ?? plain;
    if (dollar !== undefined || name === undefined) continue;
    const dot = name.indexOf('.');
    const places: [string, string][] =
      dot > 0
        ? [[name.slice(0, dot), name.slice(dot + 1)]]
        : [
            [section, name],
            ['DEFAULT', name],
          ];
    if (places.every(([group, key]) => lookup(group, key, NEWEST).kind === 'unknown')) return true;
  }
  return false;
}

/** A line of passwd or group: their second field is a hash where there is no shadow file. */
function account(line: string): string {
  return line.replace(/^([^:#]*:)([^:]*)(:)/, (all, before: string, field: string, after: string) =>
    /^(?:x|[!*]*|\*[A-Z]+\*)$/.test(field) ? all : before + MARK + after,
  );
}

/** Options that are switched off stand in comments with their old values; words around them do not matter. */
function comment(line: string): string {
  for (const match of line.matchAll(/([\w.-]+)["']?\s*[=:]\s*(?=\S)/g)) {
    const at = match.index + match[0].length;
    const value = line.slice(at).trim();
    if (!isSecretName(match[1]!) || isHarmless(value.replace(/^(["']?)(.*)\1$/, '$2')) || isUrl(value)) continue;
    if (isKeyFile(match[1]!, value.replace(/["']/g, ''))) continue;
    return elsewhere(line.slice(0, at)) + MARK;
  }
  const prose = /(?:passw|secret|token)[^=:]{0,40}[=:]\s*(?=\S)/i.exec(line);
  if (prose && !isHarmless(line.slice(prose.index + prose[0].length).trim()) && !ABOUT.test(lastWord(prose[0])))
    return elsewhere(line.slice(0, prose.index + prose[0].length)) + MARK;
  const bare = /^(\s*[#;]+\s*([\w-]*(?:password|passwd|secret)[\w-]*)\s+)(\S+)\s*$/i.exec(line);
  if (bare && isSecretName(bare[2]!)) return bare[1]! + MARK;
  return elsewhere(line);
}

/** `secret_uuid` of `secret_uuid = `. */
function lastWord(text: string): string {
  return /([\w.-]*)["']?\s*[=:]\s*$/.exec(text)?.[1]?.toLowerCase() ?? '';
}

/** Secrets inside of anything: in URLs, behind `name=` in lists and queries, on command lines, in quoted maps. */
function elsewhere(line: string, list = true): string {
  const urls = line.replace(
    /([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>]*)/gi,
    (_, scheme: string, rest: string) => scheme + url(scheme, rest),
  );
  return assignments(urls, list)
    .replace(
      /((?:^|[\s"'=])--?)([\w-]+)(\s+)([^\s"'-][^\s"']*)/g,
      (all, dashes: string, name: string, blank: string, value: string) =>
        isSecretName(name) && !isHarmless(value) && !isKeyFile(name, value) ? dashes + name + blank + MARK : all,
    )
    .replace(
      /(["'])([\w.-]+)\1(\s*:\s*)(["'])([^"']*)\4/g,
      (all, q: string, name: string, colon: string, quote: string, value: string) =>
        isSecretName(name) && !isHarmless(value) ? q + name + q + colon + quote + MARK + quote : all,
    );
}

/**
 * `name=value` anywhere in a line.
 * @param list whether commas, brackets and the like end a value, as in lists of options, and not only blanks and quotes
 */
function assignments(line: string, list: boolean): string {
  let out = '';
  let done = 0;
  for (const match of line.matchAll(/(?<![\w.-])-{0,2}([\w.-]+)=/g)) {
    const at = match.index + match[0].length;
    if (match.index < done || !isSecretName(match[1]!)) continue;
    const before = line[match.index - 1];
    const rest = line.slice(at);
    // "NAME=a b": the quotes are round both.
    const around = before === '"' || before === "'" ? rest.indexOf(before) : -1;
    const own = /^(["'])(.*?)\1/.exec(rest);
    const value =
      around >= 0
        ? rest.slice(0, around)
        : own
          ? own[2]!
          : /^[^\s"']*/.exec(rest)![0].replace(list ? /[&,;()}].*$/s : /$/, '');
    const start = at + (around < 0 && own ? 1 : 0);
    if (isHarmless(value) || isKeyFile(match[1]!, value)) continue;
    out += line.slice(done, start) + MARK;
    done = start + value.length;
  }
  return out + line.slice(done);
}

/** What follows `scheme://`: user information goes, but for the bare name of an account in a URI of libvirt's. */
function url(scheme: string, rest: string): string {
  if (!rest.includes('@')) return rest;
  const account = /^[\w.%-]*@/.test(rest);
  if (account && /^(?:qemu|xen|lxc|ch|vz|bhyve|esx|vpx|libvirt|ssh|sftp)(?:\+\w+)?:/i.test(scheme)) return rest;
  // Several hosts, each with its own: where one has none, a comma may be part of a password, too.
  const parts = rest.split(',');
  const last = parts.findLastIndex((part) => part.includes('@'));
  if (parts.slice(0, last + 1).every((part) => part.includes('@')))
    return parts.map((part) => part.replace(/^.*@/s, `${MARK}@`)).join(',');
  return rest.replace(/^.*@/s, `${MARK}@`);
}
