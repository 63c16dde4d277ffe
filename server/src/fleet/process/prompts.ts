import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { NodeParams } from '../../fleet-protocol';
import type { Prompts } from '../types';

/** Puts questions to the client one after another: two at once would hide each other. */
export class Asker {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly client: Pick<MessageConnection, 'sendRequest'>) {}

  /**
   * Questions on behalf of a node. Secrets are handed through and kept nowhere.
   * @param waiting told as soon as somebody is asked: the node waits for people then
   */
  of(node: NodeParams, waiting: () => void): Prompts {
    const ask = <T>(what: string, question: object): Promise<T | undefined> => {
      waiting();
      const asked = this.#last.then(async () => {
        try {
          const answer = await this.client.sendRequest<T | null>(`prompt/${what}`, { ...question, ...node });
          return answer ?? undefined;
        } catch {
          // A client that is gone, or knows no such question, has not answered.
          return undefined;
        }
      });
      this.#last = asked;
      return asked;
    };
    return {
      hostKey: async (question) => (await ask<boolean>('hostKey', question)) === true,
      passphrase: async (question) => text(await ask('passphrase', question)),
      password: async (question) => text(await ask('password', question)),
      answers: async (question) => {
        const answers = await ask<unknown>('answers', question);
        const fit = Array.isArray(answers) && answers.length === question.questions.length;
        return fit && answers.every((a) => typeof a === 'string') ? answers : undefined;
      },
    };
  }
}

function text(answer: unknown): string | undefined {
  return typeof answer === 'string' ? answer : undefined;
}
