/**
 * What every dialect's parser hands out. Parsers take text and never throw; offsets are UTF-16 code units
 * into that text, `end` is exclusive. Concatenating the text between and inside the spans gives the text back:
 * a parser forgets nothing and normalises nothing.
 */

/** A half-open stretch of the text: `start <= end`, UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Something the real program would stumble over, found while parsing. */
export interface SyntaxProblem {
  /** Stable name within the dialect, e.g. `no-assignment`; a rule turns it into words. */
  readonly code: string;
  readonly span: Span;
  /** The offending token and other words for the message. */
  readonly values?: Readonly<Record<string, string>>;
}

/** `# livemig: ignore ID[, ID…] -- reason`, at column 0. */
export interface Suppression {
  readonly span: Span;
  readonly ids: readonly { readonly id: string; readonly span: Span }[];
  /** Text after ` -- `, trimmed; undefined when no reason is given. */
  readonly reason: string | undefined;
  /** The comment stands above this offset: start of the first line after it that is neither blank nor comment. */
  readonly target: number;
}

interface ParsedBase {
  readonly text: string;
  readonly problems: readonly SyntaxProblem[];
  readonly suppressions: readonly Suppression[];
}

// ---- oslo.config --------------------------------------------------------------------------------------------------

export interface OsloSection {
  /** Exactly what stands between the brackets, blanks included. */
  readonly name: string;
  readonly nameSpan: Span;
  /** The whole header, `[` to `]`. */
  readonly span: Span;
  /** How oslo.config looks the section up: `DEFAULT` only when written so, all other names in lower case. */
  readonly lookup: string;
  /** The header has a syntax problem (`[libvirt`, `[libvirt] # note`, `[]`) and the name is what was probably meant. */
  readonly broken?: true;
}

export interface OsloEntry {
  /** Undefined for a key before any header (which stops the service). */
  readonly section: OsloSection | undefined;
  readonly key: string;
  readonly keySpan: Span;
  readonly separator: '=' | ':';
  readonly separatorSpan: Span;
  /** First to last character of the value, continuation lines and quotes included; empty (after the separator) when there is none. */
  readonly rawSpan: Span;
  /** As oslo.config hands it to the type: stripped, continuation lines joined by `\n`, one pair of quotes removed; not interpolated. */
  readonly value: string;
  /** The pair of quotes that was stripped. */
  readonly quote: '"' | "'" | undefined;
  /** Each continuation line's content, indentation excluded. */
  readonly continuations: readonly Span[];
  /** From the key's first character to the end of the last line, line break excluded. */
  readonly span: Span;
}

export interface OsloDocument extends ParsedBase {
  readonly dialect: 'oslo';
  readonly sections: readonly OsloSection[];
  /** In the order of the file. */
  readonly entries: readonly OsloEntry[];
}

// ---- libvirt's own configuration files --------------------------------------------------------------------------------

export type LibvirtValue =
  | { readonly type: 'string'; readonly text: string; readonly span: Span; readonly quote: '"' | "'" | '"""' }
  | { readonly type: 'int'; readonly text: string; readonly number: number; readonly span: Span }
  | { readonly type: 'list'; readonly items: readonly LibvirtValue[]; readonly span: Span };

export interface LibvirtEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: LibvirtValue;
  /** Key to the end of the value. */
  readonly span: Span;
}

export interface LibvirtDocument extends ParsedBase {
  readonly dialect: 'libvirt';
  /** All entries that could be read, also those after a syntax problem (the daemon itself gives up at the first one). */
  readonly entries: readonly LibvirtEntry[];
}

// ---- shell default files and upstart jobs -----------------------------------------------------------------------------

export interface ShellAssignment {
  readonly name: string;
  readonly nameSpan: Span;
  /** The value as written, quotes included; empty span after `=` when there is none. */
  readonly rawSpan: Span;
  /** What a shell would assign; undefined where that cannot be known (`$(…)`, `${x}`, backquotes). */
  readonly value: string | undefined;
  /** The quotes round the whole value, if one pair encloses all of it. */
  readonly quote: '"' | "'" | undefined;
  readonly exported: boolean;
  /** Name to the end of the value; in upstart jobs from `env`. */
  readonly span: Span;
}

export interface ShellDocument extends ParsedBase {
  readonly dialect: 'shell';
  readonly assignments: readonly ShellAssignment[];
}

export interface UpstartDocument extends ParsedBase {
  readonly dialect: 'upstart';
  /** `env NAME=value` stanzas. */
  readonly env: readonly ShellAssignment[];
  /** The `exec` stanza (or the `exec` line of the `script` block) that starts the daemon. */
  readonly exec: { readonly span: Span; readonly command: string } | undefined;
}

// ---- systemd units ----------------------------------------------------------------------------------------------------

export interface UnitSection {
  /** Exactly what stands between the brackets: systemd takes no blank off. */
  readonly name: string;
  readonly nameSpan: Span;
  /** The whole header, `[` to `]`. */
  readonly span: Span;
}

export interface UnitEntry {
  /** Undefined for an assignment before any header, which systemd passes over. */
  readonly section: UnitSection | undefined;
  readonly key: string;
  readonly keySpan: Span;
  /** As systemd hands it to the key's own reader: no blanks at the ends, lines joined, a blank in place of each backslash. */
  readonly value: string;
  /** First to last character of the value, with what lies between its lines; empty, after the `=`, when there is none. */
  readonly rawSpan: Span;
  /** First character of the key to the last of the value. */
  readonly span: Span;
}

export interface UnitDocument extends ParsedBase {
  readonly dialect: 'unit';
  readonly sections: readonly UnitSection[];
  /** In the order of the file, those after `stop` included. */
  readonly entries: readonly UnitEntry[];
  /** Where systemd reads no further: start of a header that it cannot read, or of an endless line. */
  readonly stop: number | undefined;
}

// ---- exports ----------------------------------------------------------------------------------------------------------

/** One word of a comma-separated list, in exports or fstab. */
export interface ListOption {
  readonly name: string;
  /** Text after `=`; undefined without `=`. */
  readonly value: string | undefined;
  readonly span: Span;
}

export interface ExportClient {
  /** As written; empty for a bracket without a host, which means the world. */
  readonly host: string;
  /** Empty span at the bracket when there is no host. */
  readonly hostSpan: Span;
  /** Between the brackets; undefined when there are none. */
  readonly optionsSpan: Span | undefined;
  readonly options: readonly ListOption[];
  /** Default options in force for this client, where a `-…` word between clients changed those of the entry. */
  readonly defaults?: readonly ListOption[];
  readonly span: Span;
}

export interface ExportEntry {
  /** Octal and quotes decoded. */
  readonly path: string;
  readonly pathSpan: Span;
  /** `-rw,sync` between path and clients: default options of the clients after it. */
  readonly defaults: readonly ListOption[];
  readonly defaultsSpan: Span | undefined;
  readonly clients: readonly ExportClient[];
  /** The logical line: continuation lines included, comment and line break excluded. */
  readonly span: Span;
}

export interface ExportsDocument extends ParsedBase {
  readonly dialect: 'exports';
  readonly entries: readonly ExportEntry[];
}

// ---- fstab ------------------------------------------------------------------------------------------------------------

export interface FstabField {
  readonly raw: string;
  /** Octal escapes decoded. */
  readonly value: string;
  readonly span: Span;
}

export interface FstabEntry {
  readonly spec: FstabField;
  readonly file: FstabField;
  readonly type: FstabField;
  /** Undefined when the line ends after the type. */
  readonly options: FstabField | undefined;
  readonly optionList: readonly ListOption[];
  readonly dump: FstabField | undefined;
  readonly passno: FstabField | undefined;
  readonly span: Span;
}

export interface FstabDocument extends ParsedBase {
  readonly dialect: 'fstab';
  readonly entries: readonly FstabEntry[];
}

// ---- hosts, passwd, group ---------------------------------------------------------------------------------------------

export interface HostsEntry {
  readonly address: string;
  readonly addressSpan: Span;
  readonly names: readonly { readonly name: string; readonly span: Span }[];
  readonly span: Span;
}

export interface HostsDocument extends ParsedBase {
  readonly dialect: 'hosts';
  readonly entries: readonly HostsEntry[];
}

export interface PasswdEntry {
  readonly name: string;
  readonly nameSpan: Span;
  readonly uid: number;
  readonly uidSpan: Span;
  readonly gid: number;
  readonly gidSpan: Span;
  readonly span: Span;
}

export interface GroupEntry {
  readonly name: string;
  readonly nameSpan: Span;
  readonly gid: number;
  readonly gidSpan: Span;
  readonly members: readonly string[];
  readonly span: Span;
}

export interface PasswdDocument extends ParsedBase {
  readonly dialect: 'passwd';
  readonly entries: readonly PasswdEntry[];
}

export interface GroupDocument extends ParsedBase {
  readonly dialect: 'group';
  readonly entries: readonly GroupEntry[];
}

// ---- livemig.ini ------------------------------------------------------------------------------------------------------

export interface LivemigSection {
  /** First word of the header: `rules`, `cloud`, `node`. */
  readonly kind: string;
  /** Rest of the header: the node's name. */
  readonly argument: string | undefined;
  readonly span: Span;
}

export interface LivemigEntry {
  readonly section: LivemigSection | undefined;
  readonly key: string;
  readonly keySpan: Span;
  readonly value: string;
  readonly valueSpan: Span;
  readonly span: Span;
}

export interface LivemigDocument extends ParsedBase {
  readonly dialect: 'livemig-ini';
  readonly sections: readonly LivemigSection[];
  readonly entries: readonly LivemigEntry[];
}

export type ParsedDocument =
  | OsloDocument
  | LibvirtDocument
  | ShellDocument
  | UpstartDocument
  | UnitDocument
  | ExportsDocument
  | FstabDocument
  | HostsDocument
  | PasswdDocument
  | GroupDocument
  | LivemigDocument;

export type Dialect = ParsedDocument['dialect'];
