/** What the fleet process asks the user: host keys and secrets. One question at a time, whichever node it is of. */
import { l10n, window, type SecretStorage } from 'vscode';
import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node';
import type {
  AnswersPrompt,
  HostKeyPrompt,
  PassphrasePrompt,
  PasswordPrompt,
} from '../../../server/src/fleet-protocol';
import { askText } from './input';

export class Prompts {
  readonly #secrets: SecretStorage;
  #last: Promise<unknown> = Promise.resolve();

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  wire(connection: MessageConnection): void {
    connection.onRequest('prompt/hostKey', (p: HostKeyPrompt, token: CancellationToken) =>
      this.#inTurn(token, false, () => askHostKey(p)),
    );
    connection.onRequest('prompt/passphrase', (p: PassphrasePrompt, token: CancellationToken) =>
      this.#secret(`passphrase:${p.file}`, p.again, token, {
        title: l10n.t('Passphrase of {0}, for node {1}', p.file, p.node),
        wrong: l10n.t('That was not the passphrase of {0}.', p.file),
      }),
    );
    connection.onRequest('prompt/password', (p: PasswordPrompt, token: CancellationToken) =>
      this.#secret(`password:${p.user}@${p.host}`, p.again, token, {
        title: l10n.t('Password of {0}@{1}, for node {2}', p.user, p.host, p.node),
        wrong: l10n.t('{0} did not take that password.', p.host),
      }),
    );
    connection.onRequest('prompt/answers', (p: AnswersPrompt, token: CancellationToken) =>
      this.#inTurn(token, null, () => askAnswers(p, token)),
    );
  }

  /** A secret that is remembered is used silently, and forgotten when it turns out wrong. */
  async #secret(
    key: string,
    again: boolean,
    token: CancellationToken,
    words: { readonly title: string; readonly wrong: string },
  ): Promise<string | null> {
    if (again) await this.#secrets.delete(key);
    return this.#inTurn(token, null, async () => {
      // Asked only now: the question of another node before it may have answered this one.
      const known = again ? undefined : await this.#secrets.get(key);
      if (known !== undefined) return known;
      const answer = await askText({
        ...{ title: words.title, secret: true, rememberable: true, token },
        ...(again ? { wrong: words.wrong } : {}),
      });
      if (answer === undefined) return null;
      if (answer.remember) await this.#secrets.store(key, answer.text);
      return answer.text;
    });
  }

  /** @param none what to answer when nobody wants the answer any more */
  #inTurn<T>(token: CancellationToken, none: T, ask: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(() => (token.isCancellationRequested ? none : ask()));
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}

async function askHostKey({ node, host, port, type, fingerprint, note }: HostKeyPrompt): Promise<boolean> {
  const trust = l10n.t('Trust and Connect');
  const detail = [
    l10n.t('Node {0}: {1}, port {2}', node, host, port),
    l10n.t('{0} key: {1}', type, fingerprint),
    ...(note === undefined ? [] : [note]),
    l10n.t(
      'Compare the fingerprint with what the node says by "ssh-keygen -lf" on its public host key. If you trust it, it is written to known_hosts.',
    ),
  ].join('\n\n');
  const question = l10n.t('The host key of {0} is not known', host);
  return (await window.showWarningMessage(question, { modal: true, detail }, trust)) === trust;
}

async function askAnswers(
  { node, user, host, instructions, questions }: AnswersPrompt,
  token: CancellationToken,
): Promise<string[] | null> {
  const answers: string[] = [];
  for (const { text, echo } of questions) {
    const answer = await askText({
      ...{ title: l10n.t('{0}@{1} asks, for node {2}', user, host, node), secret: !echo, rememberable: false, token },
      prompt: [instructions, text].filter((part) => part.trim() !== '').join(' – '),
    });
    if (answer === undefined) return null;
    answers.push(answer.text);
  }
  return answers;
}
