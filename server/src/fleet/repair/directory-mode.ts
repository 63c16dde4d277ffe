import { closedTo, qemuIdentity, type Identity } from '../../rules/cluster/_enter';
import type { PathFacts } from '../../model/facts';
import { command, pathWord, saidBy, type Planner } from './plan';

/** Lets QEMU through the directories above its disks: the right to pass, not to look. */
export const planDirectoryMode: Planner = ({ host }) => {
  const who = qemuIdentity(host);
  const closed = who ? closedTo(who, host) : [];
  if (!who || closed.length === 0) return undefined;
  return {
    title: `Let ${who.name} through to the instances on ${host.name}`,
    work: closed.flatMap(({ path, facts }) => {
      const mode = `${letterFor(who, facts)}+x`;
      return [
        command(host, `Let ${who.name} pass through ${path}`, ['chmod', mode, pathWord(path)], {
          hint: `Where ${path} comes from a server that maps root, run chmod ${mode} there.`,
        }),
        command(host, `May it pass?`, ['stat', '-L', '-c', '%a', path], {
          check: true,
          judge: (ran) => {
            const said = new TextDecoder().decode(ran.stdout).trim();
            const bit = { u: 0o100, g: 0o010, o: 0o001 }[letterFor(who, facts)];
            return ran.code === 0 && (Number.parseInt(said, 8) & bit) !== 0
              ? undefined
              : `${path} has mode ${saidBy(ran)}`;
          },
        }),
      ];
    }),
    notes: ['Nobody may list these directories who could not before.'],
  };
};

/** As the kernel judges: the owner by the owner's bits alone, the group by the group's. */
function letterFor({ uid, gids }: Identity, { uid: owner, gid }: PathFacts): 'u' | 'g' | 'o' {
  if (uid === owner) return 'u';
  return gids.has(gid) ? 'g' : 'o';
}
