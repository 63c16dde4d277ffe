// The settings schema in package.json: the releases and the rules that VS Code offers while settings.json is written.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/cjs/api';

const LEVELS = ['off', 'info', 'warning', 'error'];

export async function settingsSchema(root) {
  const unregister = register();
  try {
    const require = createRequire(import.meta.url);
    const source = (file) => require(fileURLToPath(new URL(`../../server/src/${file}`, import.meta.url)));
    const { RULES } = source('rules/index.ts');
    const { RELEASES } = source('knowledge/releases.ts');
    const manifest = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
    const { properties } = manifest.contributes.configuration;
    properties['livemig.release'].enum = ['auto', ...RELEASES.map((r) => r.name)];
    const rules = properties['livemig.rules'];
    rules.properties = Object.fromEntries(
      [...RULES]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((r) => [r.id, { enum: LEVELS, description: `${r.title} (${r.severity})` }]),
    );
    delete rules.propertyNames;
    rules.additionalProperties = false;
    return { path: 'package.json', content: `${JSON.stringify(manifest, undefined, 2)}\n` };
  } finally {
    unregister();
  }
}
