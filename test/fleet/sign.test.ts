import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { utils, type ParsedKey } from 'ssh2';
import { signsAtOnce } from '../../server/src/fleet/ssh/sign';

function parsed(text: string): ParsedKey {
  const key = utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}

const pem = { type: 'pkcs1', format: 'pem' } as const;
const sec1 = { type: 'sec1', format: 'pem' } as const;
const curve = (namedCurve: string): string =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export(sec1).toString();
const KEYS: readonly (readonly [name: string, text: string, hashes: readonly (string | undefined)[]])[] = [
  ['ed25519', utils.generateKeyPairSync('ed25519').private, [undefined]],
  ['P-256', curve('prime256v1'), [undefined]],
  ['P-384', curve('secp384r1'), [undefined]],
  ['P-521', curve('secp521r1'), [undefined]],
  [
    'RSA',
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem).toString(),
    [undefined, 'sha256', 'sha512'],
  ],
];

describe('what is signed by a key that is read once', () => {
  for (const [name, text, hashes] of KEYS)
    for (const hash of hashes)
      test(`${name}${hash === undefined ? '' : ` with ${hash}`} is what ssh2 takes, each time`, () => {
        const key = signsAtOnce(parsed(text));
        for (let i = 0; i < 3; i++) {
          const data = randomBytes(100);
          const signature = key.sign(data, hash);
          assert.ok(parsed(text).verify(data, signature, hash));
          assert.ok(!parsed(text).verify(randomBytes(100), signature, hash));
        }
      });

  test('a public key gives an error, and throws none', () => {
    const { public: text } = utils.generateKeyPairSync('ed25519');
    assert.ok((signsAtOnce(parsed(text)).sign(randomBytes(10)) as unknown) instanceof Error);
  });
});
