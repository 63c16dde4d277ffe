import type { DeclaredRelease } from '../model/cluster';
import type { Level } from '../settings';

/** What several commands take. */
export interface Common {
  readonly release: DeclaredRelease | undefined;
  readonly rules: Readonly<Record<string, Level>>;
  readonly colour: boolean;
  readonly version: string;
}

/** Writes all of it before the process may end; a reader that went away (`| head`) is no error. */
export function write(text: string): Promise<void> {
  return new Promise((done, fail) => {
    process.stdout.write(text, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') fail(error);
      else done();
    });
  });
}
