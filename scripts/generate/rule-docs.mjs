// docs/rules/: a page for every rule and the table of them all, from the records themselves.
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/cjs/api';
import { createRequire } from 'node:module';

const SEVERITY = { error: 'error', warning: 'warning', info: 'information' };
const LANGUAGE = { ini: /\.(conf|ini)$/, sh: /(libvirt-bin|libvirtd)$/ };

function fence(path, text) {
  const language = Object.entries(LANGUAGE).find(([, re]) => re.test(path))?.[0] ?? '';
  return `\`${path}\`\n\n\`\`\`${language}\n${text.replace(/[⟦⟧]/g, '').replace(/\r/g, '').replace(/\n?$/, '\n')}\`\`\`\n`;
}

function releases({ from, to } = {}) {
  if (from && to) return from === to ? from : `${from} to ${to}`;
  return from ? `${from} and later` : to ? `up to ${to}` : 'all';
}

function page(rule) {
  const out = [`# ${rule.id}`, '', `**${rule.title}**`, ''];
  out.push('| severity | releases | stops a migration | repair |', '| --- | --- | --- | --- |');
  out.push(
    `| ${SEVERITY[rule.severity]} | ${releases(rule.releases)} | ${rule.preflight ? 'yes' : 'no'} | ${rule.fixes ? 'quick fix' : 'by hand'} |`,
    '',
  );
  out.push('## What breaks', '', rule.why.trim(), '');
  const bad = rule.examples.filter((e) => Object.values(e.files).some((t) => t.includes('⟦')));
  const fine = rule.examples.filter((e) => !bad.includes(e));
  out.push('## Wrong', '');
  for (const example of bad) {
    const at = example.release && example.release !== 'auto' ? ` (${example.release})` : '';
    if (example.title || at) out.push(`### ${example.title ?? rule.title}${at}`, '');
    for (const [path, text] of Object.entries(example.files)) out.push(fence(path, text));
    if (example.good) {
      out.push(`${example.fix ? rule.fixes[example.fix].replace(/\{\w+\}/g, '…') : 'Repaired'}:`, '');
      for (const [path, text] of Object.entries(example.good)) out.push(fence(path, text));
    }
  }
  if (fine.length > 0) {
    out.push('## Right', '');
    for (const example of fine) {
      if (example.title) out.push(`### ${example.title}`, '');
      for (const [path, text] of Object.entries(example.files)) out.push(fence(path, text));
    }
  }
  if (rule.explains?.length)
    out.push('## Messages it explains', '', ...rule.explains.map((r) => `- \`${r.source}\``), '');
  out.push(
    '## Silence it',
    '',
    `Above the line: \`# livemig: ignore ${rule.id} -- why\`. For all hosts, in livemig.ini:`,
    '',
    '```ini',
    '[rules]',
    `${rule.id} = off`,
    '```',
    '',
  );
  out.push('## Learned from', '', ...rule.sources.map((s) => `- ${s}`), '');
  return out.join('\n');
}

export function ruleDocs() {
  const unregister = register();
  try {
    const require = createRequire(import.meta.url);
    const { RULES } = require(fileURLToPath(new URL('../../server/src/rules/index.ts', import.meta.url)));
    const steps = RULES.map((rule) => ({ path: `docs/rules/${rule.id}.md`, content: page(rule) }));
    const rows = RULES.map(
      (r) => `| [${r.id}](${r.id}.md) | ${SEVERITY[r.severity]} | ${r.title} | ${r.fixes ? 'yes' : ''} |`,
    );
    const content = [
      '# Rules',
      '',
      `${RULES.length} rules. Generated from their records in \`server/src/rules\`; what is no rule, and why: [left-out.md](left-out.md).`,
      '',
      '| rule | severity | what it finds | quick fix |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
    return [{ path: 'docs/rules/README.md', content }, ...steps];
  } finally {
    unregister();
  }
}
