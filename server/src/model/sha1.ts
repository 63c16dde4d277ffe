/**
 * SHA-1 and its keyed form (RFC 3174, RFC 2104) over bytes, in which known_hosts hides names. Of the platform's own there is none
 * that answers at once and is everywhere that rules run.
 */
export function hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array {
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? sha1(key) : key);
  const keyed = (pad: number, rest: Uint8Array): Uint8Array => {
    const all = new Uint8Array(64 + rest.length);
    all.set(block.map((b) => b ^ pad));
    all.set(rest, 64);
    return sha1(all);
  };
  return keyed(0x5c, keyed(0x36, data));
}

export function sha1(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((data.length + 9) / 64) * 64);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(data.length / 0x2000_0000));
  view.setUint32(padded.length - 4, data.length << 3);
  const state = new Uint32Array([0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]);
  const words = new Uint32Array(80);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(at + 4 * i);
    for (let i = 16; i < 80; i++) words[i] = left(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1);
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
    for (let i = 0; i < 80; i++) {
      const mixed =
        i < 20
          ? ((b & c) | (~b & d)) + 0x5a82_7999
          : i < 40
            ? (b ^ c ^ d) + 0x6ed9_eba1
            : i < 60
              ? ((b & c) | (b & d) | (c & d)) + 0x8f1b_bcdc
              : (b ^ c ^ d) + 0xca62_c1d6;
      [a, b, c, d, e] = [(left(a, 5) + mixed + e + words[i]!) | 0, a, left(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((value, i) => (state[i] = state[i]! + value));
  }
  const out = new DataView(new ArrayBuffer(20));
  state.forEach((word, i) => {
    out.setUint32(4 * i, word);
  });
  return new Uint8Array(out.buffer);
}

function left(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
