import { describe, test } from 'node:test';
import { RULES } from '../../server/src/rules/index';
import { checkExample, checkRecord } from '../support/examples';

for (const rule of RULES) {
  describe(rule.id, () => {
    test('has an example that it marks, one that it leaves alone, and every repair', () => checkRecord(rule));
    for (const [i, example] of rule.examples.entries())
      test(`${i + 1}. ${example.title ?? rule.title}`, () => checkExample(rule, example));
  });
}
