import type { Cluster } from '../../model/cluster';
import type { Report } from '../rule';
import { clientName, instancesGrants, mountsRelated, writtenOption } from './_instances';
import { dropOption, setOption } from './_options';

/**
 * Reports every client of the instances' directory whose options hold a word; each place of the file once, also where one
 * `-…` list gives the word to several clients.
 * @param better the word to write instead; undefined: the word is taken out
 * @param preferred whether the repair is the one obvious
 */
export function reportWritten<F extends string>(
  cluster: Cluster,
  report: Report<'default', F>,
  name: string,
  fix: { readonly title: F; readonly better: string | undefined; readonly preferred: boolean },
): void {
  const told = new Set<object>();
  for (const grant of instancesGrants(cluster)) {
    const written = grant.options.has(name) ? writtenOption(grant, name) : undefined;
    if (!written || told.has(written)) continue;
    told.add(written);
    const { file, entry } = grant.export;
    const own = grant.client.options.includes(written);
    const { better } = fix;
    const edit = !own
      ? better === undefined
        ? undefined
        : { file, span: written.span, text: better }
      : better === undefined
        ? dropOption(grant, name)
        : setOption(grant, better);
    report({
      host: grant.server,
      file,
      span: written.span,
      values: { path: entry.path, client: clientName(grant.client) },
      related: mountsRelated(grant.mounts),
      fixes: [edit && { title: fix.title, edits: [edit], preferred: fix.preferred }],
    });
  }
}
