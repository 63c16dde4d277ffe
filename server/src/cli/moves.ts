import { Argument, Option, type Command } from 'commander';
import type { MigrateOptions } from '../migration/types';
import type { CloudOptions } from './moving/cloud';
import { positive } from './numbers';
import { probeIn, probing, type RawProbe } from './probe';

interface RawOptions {
  readonly inventory?: string;
  readonly sshConfig?: string;
  readonly json?: true;
  readonly to?: string;
}

interface RawWay {
  readonly storage?: 'shared' | 'copy';
  readonly postCopy?: true;
  readonly autoConverge?: true;
  readonly bandwidth?: number;
  readonly downtime?: number;
  readonly connections?: number;
  readonly tls?: true;
}

/** The commands that look at instances and move them. What they do is in the bundle that talks to nodes. */
export function addMoves(root: Command, done: (code: number) => void): void {
  common(root.command('instances'))
    .description('list the instances of the nodes; exit code 2 when a node cannot be asked')
    .argument('[node...]', 'nodes of livemig.ini; all of them if none is named')
    .action(async (names: string[], raw: RawOptions) => {
      const { instancesCommand } = await import('./fleet');
      done(await instancesCommand(names, cloud(raw)));
    });
  way(common(root.command('preflight')))
    .description('say where an instance can be moved to, and what speaks against it; exit code 1 when it is blocked')
    .addArgument(instance())
    .addOption(to('the node to ask about; all of them if it is not given'))
    .action(async (word: string, raw: RawOptions & RawWay) => {
      const { preflightCommand } = await import('./fleet');
      done(await preflightCommand(word, { ...cloud(raw), to: raw.to, options: wayOf(raw) }));
    });
  probing(way(common(root.command('migrate'))))
    .description(
      'move an instance, live, unless pre-flight says that it will fail; exit code 1 when it was refused, failed or was aborted',
    )
    .addArgument(instance())
    .addOption(to('the node that it is to move to; left out, nova chooses'))
    .addOption(new Option('--wait', 'until it has ended').default(false))
    .addOption(new Option('--anyway', 'even if pre-flight says that it will fail').default(false))
    .action(
      async (
        word: string,
        raw: RawOptions & RawWay & RawProbe & { wait: boolean; anyway: boolean },
        command: Command,
      ) => {
        const { wait, anyway } = raw;
        const probe = probeIn(command, raw);
        const { migrateCommand } = await import('./fleet');
        done(await migrateCommand(word, { ...cloud(raw), to: raw.to, wait, anyway, probe, options: wayOf(raw) }));
      },
    );
  way(common(root.command('drain')))
    .description('move all instances of a node away; exit code 1 when something stays')
    .argument('<node>', 'a node of livemig.ini')
    .addOption(new Option('--plan', 'only tell what would be done').default(false))
    .addOption(to('the node that all are to move to'))
    .addOption(
      new Option('--parallel <n>', 'how many at a time, if not as the nova.conf of the node says, or 1').argParser(
        positive,
      ),
    )
    .addOption(new Option('--disable <reason>', "disable nova's compute service of the node first"))
    .addOption(new Option('--stop-on-failure', 'begin no more after one has failed').default(false))
    .addOption(new Option('--yes', 'do not ask').default(false))
    .action(
      async (
        name: string,
        raw: RawOptions &
          RawWay & { plan: boolean; parallel?: number; disable?: string; stopOnFailure: boolean; yes: boolean },
      ) => {
        const { drainCommand } = await import('./fleet');
        const { plan, parallel, disable, stopOnFailure, yes } = raw;
        const own = { plan, parallel, disable, stopOnFailure, yes, to: raw.to };
        done(await drainCommand(name, { ...cloud(raw), ...own, options: wayOf(raw) }));
      },
    );
  common(root.command('abort'))
    .description('end the migration of an instance: it runs on where it was; exit code 1 when there is none')
    .addArgument(instance())
    .action(async (word: string, raw: RawOptions) => {
      const { abortCommand } = await import('./fleet');
      done(await abortCommand(word, cloud(raw)));
    });
  common(root.command('watch'))
    .description('show the migrations that run, whoever began them, to their end; exit code 1 when one fails')
    .argument('[instance]', 'its name or UUID; all if it is not given')
    .action(async (word: string | undefined, raw: RawOptions) => {
      const { watchCommand } = await import('./fleet');
      done(await watchCommand(word, cloud(raw)));
    });
}

function cloud({ inventory, sshConfig, json }: RawOptions): CloudOptions {
  return { inventory, sshConfig, json: json ?? false };
}

function instance(): Argument {
  return new Argument('<instance>', "its name (nova's or libvirt's) or UUID");
}

function to(words: string): Option {
  return new Option('--to <node>', words);
}

function common(command: Command): Command {
  return command
    .addOption(new Option('--inventory <file>', 'livemig.ini, if it is not in this folder or above it'))
    .addOption(new Option('--ssh-config <file>', 'instead of ~/.ssh/config and /etc/ssh/ssh_config'))
    .addOption(new Option('--json', 'one JSON object on a line'));
}

function way(command: Command): Command {
  return command
    .addOption(new Option('--storage <how>', 'whether its disks are shared or copied').choices(['shared', 'copy']))
    .addOption(new Option('--post-copy', 'let it be switched to post-copy'))
    .addOption(new Option('--auto-converge', 'slow it down where it writes faster than is sent'))
    .addOption(new Option('--bandwidth <n>', 'at most so many MiB/s').argParser(positive))
    .addOption(new Option('--downtime <ms>', 'longest pause at the end').argParser(positive))
    .addOption(new Option('--connections <n>', 'connections side by side').argParser(positive))
    .addOption(new Option('--tls', 'QEMU encrypts the stream'));
}

function wayOf(raw: RawWay): MigrateOptions {
  const { storage, postCopy, autoConverge, bandwidth, downtime, connections, tls } = raw;
  return {
    ...(storage && { storage }),
    ...(postCopy && { postCopy }),
    ...(autoConverge && { autoConverge }),
    ...(bandwidth !== undefined && { bandwidth }),
    ...(downtime !== undefined && { downtime }),
    ...(connections !== undefined && { parallel: connections }),
    ...(tls && { tls }),
  };
}
