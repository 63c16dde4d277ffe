import { documentOf } from '../../model/parsed';
import { replace } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'exports/wildcard-ip',
  scope: 'host',
  title: 'A wildcard in an address',
  severity: 'warning',
  files: ['exports'],
  messages: {
    default:
      '{client} is a pattern for host names: it meets addresses only where reverse look-ups fail; write a network, {network}',
    other: '{client} is a pattern for host names: it meets addresses only where reverse look-ups fail; write a network',
  },
  fixes: { network: 'Write {network}' },
  why: `The server looks the name of a client up (its own /etc/hosts is enough) and compares that with the pattern. A client with a
name is refused, *access denied by server while mounting*; one without gets in, by accident. A compute node that somebody adds to
/etc/hosts thereby loses the instances.`,
  sources: [
    'exports(5): "Wildcard characters generally do not work on IP addresses, though they may work by accident when reverse DNS lookups fail."',
  ],
  explains: [/access denied by server while mounting/],
  examples: [
    {
      files: { 'etc/exports': '/srv ⟦192.168.3.*⟧(rw) ⟦10.0.*.*⟧(ro)\n' },
      good: { 'etc/exports': '/srv 192.168.3.0/24(rw) 10.0.0.0/16(ro)\n' },
    },
    { title: 'not a whole number', files: { 'etc/exports': '/srv ⟦10.0.0.1?⟧(rw) ⟦10.0.0.1*⟧\n' } },
    {
      title: 'patterns of names, everybody, a network',
      files: { 'etc/exports': '/srv *.example.org node? *(ro) 10.0.0.0/8\n' },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('exports')) {
      for (const entry of documentOf(file, 'exports').entries) {
        for (const client of entry.clients) {
          const spec = client.host;
          if (!/^\d[\d.*?]*\.[\d.*?]*$/.test(spec) || !/[*?]/.test(spec)) continue;
          const numbers = /^((?:\d{1,3}\.){1,3})\*(?:\.\*)*$/.exec(spec)?.[1]?.replace(/\.$/, '').split('.');
          const fits = numbers?.every((n) => Number(n) <= 255) ?? false;
          const network = numbers && fits ? `${[...numbers, 0, 0, 0].slice(0, 4).join('.')}/${numbers.length * 8}` : '';
          report({
            file,
            span: client.hostSpan,
            message: network === '' ? 'other' : 'default',
            values: { client: spec, network },
            fixes: [
              network === '' ? undefined : { title: 'network', edits: [replace(file, client.hostSpan, network)] },
            ],
          });
        }
      }
    }
  },
});
