import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isIpv4, isIpv6 } from '../../server/src/addresses';
import { isHostAddress } from '../../server/src/knowledge/address';
import { isAddress } from '../../server/src/model/cluster';
import { bytesOf } from '../../server/src/model/nfs';

/** Close to addresses: groups and dotted quads, with colons where they should and should not be. */
const near = fc
  .array(
    fc.constantFrom('0', '1', 'ff', '8a2e', '12345', '', ':', '::', '1.2.3.4', '01.2.3.4', '256', '.', 'g', '%', '\n'),
    {
      maxLength: 12,
    },
  )
  .chain((parts) => fc.constantFrom(':', '', '.').map((glue) => parts.join(glue)));

test('addresses are what inet_pton takes, and a zone is allowed where people may write one', () => {
  let good = 0;
  fc.assert(
    fc.property(near, (text) => {
      // Node's own judge takes a zone, inet_pton does not.
      const family = text.includes('%') ? 0 : isIP(text);
      if (family !== 0) good++;
      assert.equal(isIpv4(text), family === 4, text);
      assert.equal(isIpv6(text), family === 6, text);
      assert.equal(bytesOf(text)?.length, family === 0 ? undefined : family === 4 ? 4 : 16, text);
      if (!text.includes('%')) assert.equal(isAddress(text), family !== 0, text);
      if (family !== 0) assert.ok(isHostAddress(text), text);
    }),
    { numRuns: 5000 },
  );
  assert.ok(good > 50, `${good} good ones among them`);
  assert.ok(isAddress('fe80::1%eth0') && !isAddress('fe80::1%') && !isAddress('10.0.0.1%eth0'));
  assert.deepEqual(bytesOf('2001:db8::10.0.0.1'), [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1]);
});
