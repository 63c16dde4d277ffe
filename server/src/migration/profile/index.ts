import type { SourceFile } from '../../model/files';
import { factTexts } from './facts';
import { Identities, type Member } from './identities';
import { Lines } from './lines';
import { Records } from './records';
import { Texts } from './texts';

export type { Member } from './identities';

/**
 * Nodes that are alike: two of them can change places, names and addresses and all, and the whole cluster is as it was. So no
 * rule that goes by what stands there, whoever it is about, can tell one from the other, nor the pairs that they are in.
 * @returns indices of `members` by group, in their order
 */
export function alike(members: readonly Member[], inventory: SourceFile | undefined): number[][] {
  const words = new Identities(members);
  const lines = new Lines(words);
  const texts = new Texts(words, lines, members.length);
  const records = new Map<string, Records>();
  const profiles = members.map((member, i): string[] => {
    const profile = [words.shapes[i]!];
    for (const file of member.input.files) {
      if (file.kind === 'facts' && member.facts) continue;
      const unordered = file.kind === 'hosts' || (file.kind === 'exports' && !/\\\r?\n/.test(file.text));
      profile.push(
        file.path,
        file.defect?.code ?? '',
        texts.of(i, file.path, file.text, unordered ? file.kind : undefined),
      );
    }
    if (member.facts)
      for (const fact of factTexts(member.facts, member.input)) {
        const { name } = fact;
        if ('text' in fact) profile.push(name, texts.of(i, name, fact.text, fact.unordered ? 'lines' : undefined));
        else {
          const told = records.get(name) ?? new Records(name, lines, members.length);
          records.set(name, told);
          told.add(i, fact.told);
        }
      }
    return profile;
  });
  inventoryTexts(members, inventory, (i, text) =>
    profiles[i]!.push('livemig.ini', texts.of(i, 'livemig.ini', text, undefined)),
  );
  for (const told of records.values()) told.tell((i, what) => profiles[i]!.push(what));
  texts.seen((i, what) => profiles[i]!.push(what));
  const groups = new Map<string, number[]>();
  profiles.forEach((profile, i) => {
    const key = profile.join('\0');
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  });
  return [...groups.values()];
}

/** What livemig.ini says of a node, to the next header. What stands above the first belongs to nobody. */
function inventoryTexts(
  members: readonly Member[],
  inventory: SourceFile | undefined,
  say: (member: number, text: string) => void,
): void {
  if (!inventory) return;
  const starts = [...inventory.text.matchAll(/^[ \t]*\[/gm)].map((m) => m.index);
  const ends = new Map(starts.map((start, i) => [start, starts[i + 1] ?? inventory.text.length]));
  members.forEach(({ node }, i) => {
    if (!node) return;
    const { start } = node.section.span;
    const line = inventory.text.lastIndexOf('\n', start) + 1;
    say(i, inventory.text.slice(line, ends.get(line) ?? inventory.text.length).trimEnd());
  });
}
