import { ResponseError } from 'vscode-jsonrpc/node';
import type { FleetFailure } from '../../fleet-protocol';
import { FleetError } from '../types';

/** As LSP numbers them: who asked went away; the request could not be done; we have a fault. */
const CANCELLED = -32800;
const FAILED = -32803;
const INTERNAL = -32603;

/** What a request is rejected with: the message is for the user, `data` for the client. */
export function failure(error: unknown): ResponseError<FleetFailure> {
  if (error instanceof ResponseError) return error as ResponseError<FleetFailure>;
  if (!(error instanceof FleetError)) {
    const message = error instanceof Error ? error.message : String(error);
    return new ResponseError<FleetFailure>(INTERNAL, message, { code: 'refused' });
  }
  const { code, message, detail } = error;
  return new ResponseError<FleetFailure>(code === 'cancelled' ? CANCELLED : FAILED, message, {
    code,
    ...(detail !== undefined && { detail }),
  });
}
