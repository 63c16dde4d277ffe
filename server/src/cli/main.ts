import { CommanderError } from 'commander';
import { version } from '../../../package.json';
import { program } from './program';

process.on('SIGINT', () => process.exit(130));
// A reader that has seen enough (`| head`) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

program(version, (code) => {
  process.exitCode = code;
})
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof CommanderError) {
      // What is wrong, or the help that was asked for, has been printed already.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.stderr.write(`livemig: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 2;
  });
