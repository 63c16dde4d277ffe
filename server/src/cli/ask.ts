import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Prompts } from '../fleet/types';

/**
 * Asks on the terminal, one question after another however many nodes ask. Without a terminal there is no answer: an
 * unknown host key is not trusted, a secret is not told.
 * @param clear takes away what stands on the line before something is asked
 */
export function terminalPrompts(clear: () => void = () => undefined): Prompts {
  const { stdin, stderr } = process;
  let last: Promise<unknown> = Promise.resolve();
  const ask = (question: string, echo: boolean): Promise<string | undefined> => {
    if (!stdin.isTTY || !stderr.isTTY) return Promise.resolve(undefined);
    const asked = last.then(async () => {
      clear();
      stderr.write(printable(question));
      const quiet = new Writable({ write: (_chunk, _encoding, done) => done() });
      const lines = createInterface({ input: stdin, output: echo ? stderr : quiet, terminal: true });
      lines.once('SIGINT', () => process.exit(130));
      try {
        return await lines.question('');
      } finally {
        lines.close();
        if (!echo) stderr.write('\n');
      }
    });
    last = asked.catch(() => undefined);
    return asked;
  };
  return {
    hostKey: async ({ host, port, type, fingerprint }) => {
      const where = port === 22 ? host : `${host}, port ${port}`;
      const answer = await ask(`${where} is not known. Its ${type} key is ${fingerprint}. Trust it? [yes/no] `, true);
      return /^yes$/i.test(answer?.trim() ?? '');
    },
    passphrase: ({ file, again }) => ask(`${again ? 'That was wrong. ' : ''}Passphrase of ${file}: `, false),
    password: ({ user, host, again }) => ask(`${again ? 'That was wrong. ' : ''}Password of ${user}@${host}: `, false),
    answers: async ({ user, host, instructions, questions }) => {
      const answers: string[] = [];
      for (const { text, echo } of questions) {
        const about = instructions === '' ? '' : `${instructions}\n`;
        const answer = await ask(`${about}${user}@${host}: ${text}`, echo);
        if (answer === undefined) return undefined;
        answers.push(answer);
      }
      return answers;
    },
  };
}

/** Whether somebody at the terminal says yes; without a terminal nobody does. */
export async function confirmed(question: string): Promise<boolean> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return false;
  const lines = createInterface({ input: stdin, output: stderr, terminal: true });
  lines.once('SIGINT', () => process.exit(130));
  try {
    return /^y(?:es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}

/** What comes from a node must not move the cursor. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '?');
}
