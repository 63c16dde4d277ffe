import { isIpv4, isIpv6 } from '../../addresses';
import type { ProbeOptions } from '../../fleet-protocol';

const LONGEST_COMMAND = 1000;

/** Why that cannot be asked, in words. */
export function wrongIn({ address, port, ssh }: ProbeOptions): string | undefined {
  if (!isNameOrAddress(address)) return `"${address}" is no address of a guest: write 10.0.0.5, 2001:db8::5 or a name`;
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535))
    return `${port} is no TCP port: write a number from 1 to 65535`;
  if (ssh?.user !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/.test(ssh.user))
    return `"${ssh.user}" is no account of a guest: write root, or me@corp.example`;
  // What begins with a dash an old ssh takes for an option; control characters are more than one line to some shell.
  if (ssh && (!/^\s*[^\s-]/.test(ssh.command) || /\p{Cc}/u.test(ssh.command) || ssh.command.length > LONGEST_COMMAND))
    return 'that is no command for a guest: write one line, as: systemctl is-active nginx';
  return undefined;
}

/** What has colons is no name, nor are four numbers of which one is too large. */
function isNameOrAddress(text: string): boolean {
  if (!/^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$/.test(text)) return false;
  if (text.includes(':')) return isIpv6(text.replace(/%[^:%]+$/, ''));
  return !/^\d+(?:\.\d+){3}$/.test(text) || isIpv4(text);
}
