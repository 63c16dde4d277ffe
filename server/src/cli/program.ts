import path from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { closest } from 'fastest-levenshtein';
import { RELEASES, releaseIndex } from '../knowledge/releases';
import type { DeclaredRelease } from '../model/cluster';
import { RULES } from '../rules/index';
import type { Severity } from '../rules/rule';
import { isLevel, type Level } from '../settings';
import { checkCommand } from './check';
import type { FleetOptions } from './fleet';
import { fixCommand } from './fix';
import { readPaths, reportOf } from './input';
import { FORMATS, lintCommand, type LintOptions } from './lint';
import { addMoves } from './moves';
import { positive } from './numbers';
import { rulesCommand } from './rules';

interface RawOptions {
  readonly release?: DeclaredRelease;
  readonly rule?: Readonly<Record<string, Level>>;
}

interface RawFleetOptions {
  readonly inventory?: string;
  readonly local?: boolean;
  readonly parallel: number;
  readonly timeout: number;
  readonly probe?: readonly number[];
  readonly probeStorage?: boolean;
  readonly sshConfig?: string;
}

/** The command line. Runs one command; its exit code goes to `done`. */
export function program(version: string, done: (code: number) => void): Command {
  const root = new Command('livemig')
    .description('Finds in the files of OpenStack and libvirt hosts what will break a live migration, and repairs it.')
    .version(version)
    .showHelpAfterError('(livemig --help tells more)');
  const common = (raw: RawOptions): Pick<LintOptions, 'release' | 'rules' | 'colour' | 'version'> => ({
    release: raw.release,
    rules: raw.rule ?? {},
    colour: colourWanted(),
    version,
  });
  root
    .command('lint')
    .description('report what is wrong; exit code 1 when there is an error, 2 when a PATH cannot be read')
    .addArgument(paths())
    .addOption(release())
    .addOption(format())
    .addOption(severity())
    .addOption(rule())
    .addOption(maxWarnings())
    .addOption(new Option('--stdin-filename <name>', 'judge standard input (PATH -) as a file of this name'))
    .action(
      async (
        given: string[],
        raw: RawOptions & {
          format: LintOptions['format'];
          severity: Severity;
          maxWarnings?: number;
          stdinFilename?: string;
        },
        command: Command,
      ) => {
        if (given.includes('-') && raw.stdinFilename === undefined)
          command.error('error: PATH - needs --stdin-filename, since the name tells what the file is', { exitCode: 2 });
        done(
          await lintCommand(given, {
            ...common(raw),
            format: raw.format,
            severity: raw.severity,
            maxWarnings: raw.maxWarnings,
            stdinFilename: raw.stdinFilename,
          }),
        );
      },
    );
  root
    .command('fix')
    .description('apply every repair that has one obvious answer; exit code 1 when an error is left')
    .addArgument(paths())
    .addOption(release())
    .addOption(rule())
    .addOption(new Option('--dry-run', 'change nothing, print a diff').default(false))
    .action(async (given: string[], raw: RawOptions & { dryRun: boolean }) =>
      done(await fixCommand(given, { ...common(raw), dryRun: raw.dryRun })),
    );
  const fleet = (raw: RawFleetOptions): FleetOptions => ({
    inventory: raw.inventory,
    local: raw.local ?? false,
    parallel: raw.parallel,
    timeout: raw.timeout,
    probe: raw.probe ?? [],
    probeStorage: raw.probeStorage ?? false,
    sshConfig: raw.sshConfig,
  });
  talksToNodes(root.command('snapshot'))
    .description('save what nodes are, without secrets, for `livemig lint DIR`; exit code 2 when a node cannot be read')
    .requiredOption('--out <dir>', 'folder for a folder of each node')
    .action(async (names: string[], raw: RawFleetOptions & { out: string }) => {
      const { snapshotCommand } = await import('./fleet');
      done(await snapshotCommand(names, raw.out, fleet(raw)));
    });
  root
    .command('unpack')
    .description('make of the answers of the collector, gathered by Ansible, what snapshot saves')
    .argument('<answers>', 'folder of NODE.answer and NODE.asked')
    .addOption(new Option('--out <dir>', 'folder for a folder of each node'))
    .addOption(new Option('--words', 'write what is still to be asked for, as NODE.words').conflicts('out'))
    .action(async (answers: string, raw: { out?: string; words?: true }) => {
      const { unpackCommand } = await import('./fleet');
      done(await unpackCommand(answers, raw.words ? undefined : raw.out));
    });
  talksToNodes(root.command('check'))
    .description('read nodes and report what is wrong with them; exit codes as lint')
    .addOption(release())
    .addOption(format())
    .addOption(severity())
    .addOption(rule())
    .addOption(maxWarnings())
    .action(
      async (
        names: string[],
        raw: RawOptions & RawFleetOptions & Pick<LintOptions, 'format' | 'severity'> & { maxWarnings?: number },
      ) =>
        done(
          await checkCommand(names, {
            ...common(raw),
            ...fleet(raw),
            format: raw.format,
            severity: raw.severity,
            maxWarnings: raw.maxWarnings,
          }),
        ),
    );
  talksToNodes(root.command('apply'), false)
    .description(
      'restart on nodes what needs it for changed files to take effect, and put the files back where it does not come up; exit code 1 when something took no effect, 2 when a node cannot be reached',
    )
    .addOption(new Option('--from <dir>', 'first write what differs in DIR/NODE/etc, a saved snapshot that was edited'))
    .addOption(new Option('--plan', 'only tell what would be done').default(false))
    .addOption(new Option('--yes', 'do not ask').default(false))
    .action(async (names: string[], raw: RawFleetOptions & { from?: string; plan: boolean; yes: boolean }) => {
      const { applyCommand } = await import('./fleet');
      done(await applyCommand(names, { ...fleet(raw), from: raw.from, plan: raw.plan, yes: raw.yes }));
    });
  addMoves(root, done);
  root
    .command('explain')
    .description('say what a message of a failed migration means, and what its causes are')
    .argument('[message...]', 'the message, or a whole log on standard input')
    .addOption(new Option('--in <path...>', 'folders of hosts among whose problems the cause is looked for'))
    .addOption(release())
    .addOption(new Option('--format <format>', 'how to print').choices(['pretty', 'json']).default('pretty'))
    .action(async (words: string[], raw: RawOptions & { in?: readonly string[]; format: 'pretty' | 'json' }) => {
      const { explainCommand } = await import('./explain');
      const report = raw.in && reportOf(await readPaths(raw.in, raw.release), { rules: {} });
      done(await explainCommand(words, { format: raw.format, colour: colourWanted(), rules: RULES, report }));
    });
  root
    .command('rules')
    .description('list the rules, or print the page of one')
    .argument('[id]', 'for example nova/uri-no-placeholder')
    .action(async (id: string | undefined) => done(await rulesCommand(id)));
  root
    .command('lsp')
    .description('run the language server, for any editor')
    .addOption(new Option('--stdio', 'over standard input and output').makeOptionMandatory())
    .action(async () => {
      // The server is a bundle of its own beside this one; it goes by the same argument. What is built requires it.
      await import(path.join(__dirname, 'server.js'));
    });
  // Throws instead of ending the process: main.ts turns it into the exit code of a wrong usage.
  for (const command of [root, ...root.commands]) command.exitOverride();
  return root;
}

function paths(): Argument {
  return new Argument('[path...]', 'files, host folders (with etc/ in them), or folders of hosts').default(
    ['.'],
    'the current folder',
  );
}

/** The arguments and options of a command that talks to nodes. */
function talksToNodes(command: Command, probes = true): Command {
  command
    .argument('[node...]', 'nodes of livemig.ini; all of them if none is named')
    .addOption(new Option('--inventory <file>', 'livemig.ini, if it is not in this folder or above it'))
    .addOption(new Option('--ssh-config <file>', 'instead of ~/.ssh/config and /etc/ssh/ssh_config'))
    .addOption(new Option('--local', 'read this machine, whatever its address'))
    .addOption(new Option('--parallel <n>', 'nodes at a time').argParser(positive).default(20))
    .addOption(new Option('--timeout <s>', 'seconds for one node').argParser(positive).default(60));
  const probe = new Option('--probe <ports>', 'ports of the other nodes that each node tries, e.g. 16509,49152');
  const storage = new Option('--probe-storage', 'write a file where the instances lie, look who sees it, remove it');
  return probes ? command.addOption(probe.argParser(ports)).addOption(storage) : command;
}

function format(): Option {
  return new Option('--format <format>', 'how to print').choices(FORMATS).default('pretty');
}

function severity(): Option {
  return new Option('--severity <least>', 'least severity to print')
    .choices(['error', 'warning', 'info'])
    .default('info');
}

function maxWarnings(): Option {
  return new Option('--max-warnings <n>', 'exit code 1 when there are more warnings').argParser(count);
}

function release(): Option {
  return new Option('--release <release>', 'OpenStack release of the hosts, e.g. zed, 2024.1, 26.2.2').argParser(
    (word): DeclaredRelease => {
      if (releaseIndex(word) === undefined)
        throw new InvalidArgumentError(`It is one of ${RELEASES.map((r) => r.name).join(', ')}.`);
      return { release: word, by: '--release' };
    },
  );
}

function rule(): Option {
  return new Option('--rule <id=level>', 'level of one rule: off, info, warning or error; may be repeated').argParser(
    (word: string, known: Record<string, Level> | undefined) => {
      const [id = '', level = ''] = word.split('=');
      if (!RULES.some((r) => r.id === id))
        throw new InvalidArgumentError(
          `There is no rule ${id}; did you mean ${closest(
            id,
            RULES.map((r) => r.id),
          )}?`,
        );
      if (!isLevel(level))
        throw new InvalidArgumentError('The level is off, info, warning or error, as in nova/syntax=warning.');
      return { ...known, [id]: level };
    },
  );
}

function count(word: string): number {
  if (!/^\d+$/.test(word)) throw new InvalidArgumentError('It is a whole number from 0 on.');
  return Number(word);
}

function ports(words: string): number[] {
  const list = words.split(',').map((w) => w.trim());
  if (!list.every((w) => /^[1-9]\d{0,4}$/.test(w) && Number(w) <= 65535))
    throw new InvalidArgumentError('They are numbers from 1 to 65535, with commas between them.');
  return list.map(Number);
}

/** Colour on a terminal, unless NO_COLOR says otherwise. */
function colourWanted(): boolean {
  if (process.env.NO_COLOR) return false;
  if (process.env.FORCE_COLOR) return process.env.FORCE_COLOR !== '0';
  return process.stdout.isTTY;
}
