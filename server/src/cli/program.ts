import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { closest } from 'fastest-levenshtein';
import { RELEASES, releaseIndex } from '../knowledge/releases';
import type { DeclaredRelease } from '../model/cluster';
import { RULES } from '../rules/index';
import type { Severity } from '../rules/rule';
import { isLevel, type Level } from '../settings';
import { fixCommand } from './fix';
import { FORMATS, lintCommand, type LintOptions } from './lint';
import { rulesCommand } from './rules';

interface RawOptions {
  readonly release?: DeclaredRelease;
  readonly rule?: Readonly<Record<string, Level>>;
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
    .addOption(new Option('--format <format>', 'how to print').choices(FORMATS).default('pretty'))
    .addOption(
      new Option('--severity <least>', 'least severity to print').choices(['error', 'warning', 'info']).default('info'),
    )
    .addOption(rule())
    .addOption(new Option('--max-warnings <n>', 'exit code 1 when there are more warnings').argParser(count))
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
      // The server is a bundle of its own beside this one; it goes by the same argument.
      await import(pathToFileURL(path.join(__dirname, 'server.js')).href);
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

/** Colour on a terminal, unless NO_COLOR says otherwise. */
function colourWanted(): boolean {
  if (process.env.NO_COLOR) return false;
  if (process.env.FORCE_COLOR) return process.env.FORCE_COLOR !== '0';
  return process.stdout.isTTY;
}
