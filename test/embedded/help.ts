import { FleetError, type Prompts } from '../../server/src/fleet/types';
import { connect } from '../../server/src/fleet/ssh/connect';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import type { StepTimeouts } from '../../server/src/fleet/ssh/steps';
import { targetOf } from '../fleet/sshd';
import type { EmbeddedServer } from './server';

/** Takes every host key, and has no secret. */
export const trusting: Prompts = {
  hostKey: () => Promise.resolve(true),
  passphrase: () => Promise.resolve(undefined),
  password: () => Promise.resolve(undefined),
  answers: () => Promise.resolve(undefined),
};

/** Logs in to an embedded node as livemig does. */
export function login(
  folder: string,
  server: EmbeddedServer,
  { key, user = 'root', prompts = trusting, timeouts = {} }: LoginOptions,
): Promise<SshConnection> {
  const target = targetOf(folder, server.port, { user, identityFiles: key === undefined ? [] : [key] });
  return connect(target, prompts, () => undefined, undefined, { timeouts });
}

export interface LoginOptions {
  /** Path of the private key. */
  readonly key?: string;
  readonly user?: string;
  readonly prompts?: Prompts;
  readonly timeouts?: Partial<StepTimeouts>;
}

/** For assert.rejects. */
export function fails(code: FleetError['code'], words: RegExp = /(?:)/) {
  return (error: unknown): boolean =>
    error instanceof FleetError && error.code === code && words.test(`${error.message}\n${error.detail ?? ''}`);
}
