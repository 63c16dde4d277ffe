import { InputBoxValidationSeverity, l10n, ThemeIcon, window, type InputBox, type QuickInputButton } from 'vscode';
import type { CancellationToken } from 'vscode-jsonrpc/node';

export interface Question {
  readonly title: string;
  readonly prompt?: string;
  readonly secret: boolean;
  /** A button lets the answer be kept in VS Code's secret storage. */
  readonly rememberable: boolean;
  /** What was wrong with the answer before. */
  readonly wrong?: string;
  /** Closes the question. */
  readonly token: CancellationToken;
}

/** Asks in the box at the top, which stays when something else is clicked. @returns undefined when it was dismissed */
export function askText(question: Question): Promise<{ text: string; remember: boolean } | undefined> {
  return new Promise((resolve) => {
    const box = window.createInputBox();
    let remember = false;
    box.title = question.title;
    box.password = question.secret;
    box.ignoreFocusOut = true;
    if (question.wrong !== undefined)
      box.validationMessage = { message: question.wrong, severity: InputBoxValidationSeverity.Error };
    const show = (): void => {
      if (question.prompt !== undefined) box.prompt = question.prompt;
      if (question.rememberable) offer(box, remember);
    };
    show();
    const cancelled = question.token.onCancellationRequested(() => box.hide());
    box.onDidTriggerButton(() => {
      remember = !remember;
      show();
    });
    box.onDidChangeValue(() => (box.validationMessage = undefined));
    box.onDidAccept(() => {
      resolve({ text: box.value, remember });
      box.hide();
    });
    box.onDidHide(() => {
      resolve(undefined); // nothing, once it was accepted
      cancelled.dispose();
      box.dispose();
    });
    box.show();
  });
}

function offer(box: InputBox, remember: boolean): void {
  const button: QuickInputButton = remember
    ? { iconPath: new ThemeIcon('pass-filled'), tooltip: l10n.t('Do not remember it') }
    : { iconPath: new ThemeIcon('save'), tooltip: l10n.t('Remember it in the secret storage of VS Code') };
  box.buttons = [button];
  box.prompt = remember
    ? l10n.t('It will be remembered in the secret storage of VS Code.')
    : l10n.t('It is used for this connection only; the button above remembers it.');
}
