import { sysctlLine } from '../../model/sysctl';
import type { Host } from '../../model/host';
import { FleetError } from '../types';
import { command, saidBy, type Planner, type Step } from './plan';

/** What a rule asks of the kernel. */
const WANTED: Readonly<Record<string, readonly [name: string, value: string]>> = {
  'nova/post-copy-needs-userfaultfd': ['vm.unprivileged_userfaultfd', '1'],
};

const OWN = '/etc/sysctl.d/60-livemig.conf';

/** Sets a setting of the kernel, now and for the next start. */
export const planSysctl: Planner = ({ finding, host }) => {
  const [name, value] = WANTED[finding.rule.id] ?? [];
  if (name === undefined || value === undefined || host.facts?.sysctls?.[name]?.trim() === value) return undefined;
  return {
    title: `Set ${name} on ${host.name}`,
    work: [
      command(host, `Set ${name} now`, ['sysctl', '-w', `${name}=${value}`], {
        hint: 'Nothing was changed. A kernel that is older, or a container, has no such setting.',
      }),
      persisted(host, name, value),
      command(host, `Is ${name} ${value}?`, ['sysctl', '-n', name], {
        check: true,
        judge: (ran) => (new TextDecoder().decode(ran.stdout).trim() === value ? undefined : saidBy(ran)),
      }),
    ],
    notes: ['It holds from now on, also for guests that run.'],
  };
};

/** The last line that sets it is the one that counts: that one is changed where there is one, else a file of our own is made. */
function persisted(host: Host, name: string, value: string): Step {
  const set = sysctlLine(host, name)?.place;
  const path = set ? `/${set.file.path}` : OWN;
  const line = `${name} = ${value}`;
  return {
    node: host.name,
    title: `Write ${path.slice(1)}: ${line}`,
    write: {
      path,
      change: (text) => {
        if (!set) return text === undefined || text === '' ? `${line}\n` : `${text.replace(/\n?$/, '\n')}${line}\n`;
        if (text === undefined) throw new FleetError('conflict', `${path} is not there any more`);
        const old = set.file.text.slice(set.span.start, set.span.end).replace(/\r$/, '');
        const lines = text.split('\n');
        const at = lines.findLastIndex((l) => l.replace(/\r$/, '') === old);
        if (at < 0) throw new FleetError('conflict', `${path} was changed since the node was read: read it again`);
        lines[at] = line + (lines[at]!.endsWith('\r') ? '\r' : '');
        return lines.join('\n');
      },
    },
  };
}
