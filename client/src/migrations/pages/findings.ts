import type { ReasonView } from '../../../../server/src/fleet-protocol';
import type { Finding } from '../../../webview/messages';
import { whereOf } from '../cause';

export const findingOf = (reason: ReasonView): Finding => ({
  severity: reason.severity,
  message: reason.message,
  where: whereOf(reason),
  rule: reason.rule,
});
