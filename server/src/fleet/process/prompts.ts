import { CancellationTokenSource, type MessageConnection } from 'vscode-jsonrpc/node';
import type { NodeParams } from '../../fleet-protocol';
import type { Prompts } from '../types';

/** Puts questions to the client, which asks its user one after another. */
export class Asker {
  constructor(private readonly client: Pick<MessageConnection, 'sendRequest'>) {}

  /**
   * Questions on behalf of a node. Secrets are handed through and kept nowhere.
   * @param waiting told as soon as somebody is asked: the node waits for people then
   * @param signal nobody needs the answer any more
   */
  of(node: NodeParams, waiting: () => void, signal?: AbortSignal): Prompts {
    const ask = (what: string, question: object, until?: AbortSignal): Promise<unknown> => {
      waiting();
      return this.#ask(`prompt/${what}`, { ...question, ...node }, until);
    };
    return {
      hostKey: async (question) => (await ask('hostKey', question, signal)) === true,
      // Other nodes may wait for the same key: it is asked for to the end.
      passphrase: async (question) => text(await ask('passphrase', question)),
      password: async (question) => text(await ask('password', question, signal)),
      answers: async (question) => {
        const answers = await ask('answers', question, signal);
        const fit = Array.isArray(answers) && answers.length === question.questions.length;
        return fit && answers.every((a) => typeof a === 'string') ? answers : undefined;
      },
    };
  }

  async #ask(what: string, params: object, signal: AbortSignal | undefined): Promise<unknown> {
    const source = new CancellationTokenSource();
    const cancel = () => source.cancel();
    if (signal?.aborted) return undefined;
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await this.client.sendRequest<unknown>(what, params, source.token);
    } catch {
      // A client that is gone, or knows no such question, has not answered.
      return undefined;
    } finally {
      signal?.removeEventListener('abort', cancel);
      source.dispose();
    }
  }
}

function text(answer: unknown): string | undefined {
  return typeof answer === 'string' ? answer : undefined;
}
