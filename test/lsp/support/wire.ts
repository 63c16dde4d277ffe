import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { serverBundle } from './server';

export interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** The server's process, and messages to and from it as they are on the wire. */
export class Wire {
  readonly process: ChildProcessWithoutNullStreams;
  /** Exit code and signal, once it has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stderr = '';
  #buffer = Buffer.alloc(0);

  constructor(onMessage: (message: Message) => void, options: { uid?: number } = {}) {
    const { uid } = options;
    this.process = spawn(process.execPath, [serverBundle(), '--stdio'], {
      ...(uid !== undefined && { uid, gid: uid }),
    });
    this.ended = new Promise((resolve) => this.process.on('close', (code, signal) => resolve({ code, signal })));
    this.process.stdin.on('error', () => undefined);
    this.process.stderr.setEncoding('utf8').on('data', (d: string) => (this.stderr += d));
    this.process.stdout.on('data', (d: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, d]);
      for (;;) {
        const head = this.#buffer.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/content-length: *(\d+)/i.exec(this.#buffer.toString('latin1', 0, head))?.[1]);
        if (this.#buffer.length < head + 4 + length) return;
        const body = this.#buffer.toString('utf8', head + 4, head + 4 + length);
        this.#buffer = this.#buffer.subarray(head + 4 + length);
        onMessage(JSON.parse(body) as Message);
      }
    });
  }

  send(message: object): void {
    this.sendRaw(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  /** Any body, with a right header. */
  sendRaw(body: string): void {
    this.process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
}
