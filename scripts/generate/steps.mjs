// The generator's steps: each gets the project's root and gives one file or several, as {path, content}. A step reads
// and computes only; generate.mjs writes or compares. The same input gives the same bytes, on every machine.
import { l10nBundle } from './l10n.mjs';
import { libvirtTables } from './libvirt.mjs';
import { nfsTables } from './nfs.mjs';
import { novaTables } from './nova.mjs';
import { ruleDocs } from './rule-docs.mjs';
import { rulesIndex } from './rules-index.mjs';
import { settingsSchema } from './settings.mjs';

/** @typedef {{ path: string, content: string }} Generated */
/** @type {((root: string) => Promise<Generated | Generated[]>)[]} */
export const steps = [novaTables, libvirtTables, nfsTables, rulesIndex, ruleDocs, settingsSchema, l10nBundle];
