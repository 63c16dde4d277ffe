/** A prompt for who opens a terminal on an embedded node. */
import type { ServerChannel } from 'ssh2';
import { run } from './commands';
import type { EmbeddedNode } from './node';
import type { Account } from './tree';
import { shellSplit } from './words';

const HELP = 'An embedded node: hostname, cat, ls, id, service, exportfs, exit';

export function serveShell(channel: ServerChannel, node: EmbeddedNode, who: Account): void {
  const prompt = (): void => void channel.write(`${who.name}@${node.name}:~${who.uid === 0 ? '#' : '$'} `);
  const say = (text: string): void => void channel.write(text.replace(/\r?\n/g, '\r\n'));
  const end = (): void => {
    channel.exit(0);
    channel.end();
  };
  let line = '';
  say(`${HELP}\n`);
  prompt();
  channel.on('data', (data: Buffer) => {
    for (const char of data.toString()) {
      if (char === '\r' || char === '\n') {
        say('\n');
        const words = shellSplit(line.trim());
        line = '';
        if (words?.[0] === 'exit') {
          end();
          return;
        }
        if (words && words.length > 0) {
          const { stdout = '', stderr = '' } = run(words, { node, who, input: Buffer.alloc(0) });
          say(`${typeof stdout === 'string' ? stdout : Buffer.from(stdout).toString()}${stderr}`);
        } else if (!words) say('sh: an embedded node has no shell: only words are understood\n');
        prompt();
      } else if (char === '\x7f' || char === '\b') {
        if (line !== '') say('\b \b');
        line = line.slice(0, -1);
      } else if (char === '\x03') {
        line = '';
        say('^C\n');
        prompt();
      } else if (char === '\x04') {
        if (line === '') {
          end();
          return;
        }
      } else if (char >= ' ') {
        line += char;
        say(char);
      }
    }
  });
}
