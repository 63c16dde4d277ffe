import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { sleep } from '../fleet/sshd';
import { noLab, startLab, type Lab } from './lab';

describe('the lab', { skip: noLab }, () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab();
  });
  after(() => lab.stop());

  test('has daemons that run and listen, of which libvirtd can be restarted as on any Debian', async () => {
    const before = await lab.must('compute1', ['cat', '/run/libvirtd.pid']);
    await lab.must('compute1', ['service', 'libvirtd', 'restart']);
    assert.notEqual(await lab.must('compute1', ['cat', '/run/libvirtd.pid']), before);
    for (let i = 0; i < 2400 && !(await lab.must('compute1', ['ss', '-Hltn'])).includes(':16509'); i++) await sleep(50);
    assert.equal(
      (await lab.must('compute2', ['virsh', '-c', 'qemu+tcp://compute1/system', 'hostname'])).trim(),
      'compute1.lab',
    );
  });

  test('serves its NFS export to those that it is for', async () => {
    const said = await lab.must('compute1', ['showmount', '-e', 'controller']);
    assert.match(said, /^\/srv\/instances \d+\.\d+\.0\.0\/24$/m);
  });

  test('shares the instances: what one writes the others read', async () => {
    await lab.must('compute1', ['tee', '/var/lib/nova/instances/probe'], 'written here');
    assert.equal(await lab.must('compute2', ['cat', '/var/lib/nova/instances/probe']), 'written here');
    assert.equal(await lab.must('controller', ['cat', '/srv/instances/probe']), 'written here');
  });

  test('goes with the process that started it, however that ends', async () => {
    // One that is killed without a word: its end of the standard input closes.
    const script = `require('${import.meta.dirname}/lab.ts').startLab(['compute1']).then((lab) =>
      console.log(lab.folder, lab.pid('compute1')));`;
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [folder, pid] = (await firstLine(child)).split(' ');
    assert.ok(folder && existsSync(folder) && pid && existsSync(`/proc/${pid}`));
    const interfaceName = folder.replace(/.*-/, '');
    assert.match(readFileSync('/proc/net/dev', 'utf8'), new RegExp(`^ *${interfaceName}:`, 'm'));
    child.kill('SIGKILL');
    for (let i = 0; i < 4800 && existsSync(folder); i++) await sleep(25);
    assert.equal(existsSync(folder), false);
    assert.equal(existsSync(`/proc/${pid}`), false);
    for (let i = 0; i < 4800 && readFileSync('/proc/net/dev', 'utf8').includes(`${interfaceName}:`); i++)
      await sleep(25);
    assert.doesNotMatch(readFileSync('/proc/net/dev', 'utf8'), new RegExp(`^ *${interfaceName}:`, 'm'));
  });

  test('leaves a folder only where it is killed itself, and the next one takes that away', async () => {
    const child = spawn(`${import.meta.dirname}/lab.sh`, ['run', 'compute1'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const folder = await firstLine(child);
    const pid = readFileSync(`${folder}/compute1.pid`, 'utf8').trim();
    child.kill('SIGKILL');
    for (let i = 0; i < 4800 && existsSync(`/proc/${pid}`); i++) await sleep(25);
    assert.equal(existsSync(`/proc/${pid}`), false);
    const next = await startLab(['compute1']);
    assert.equal(existsSync(folder), false);
    assert.ok(readdirSync(next.folder).length > 0);
    await next.stop();
    assert.equal(existsSync(next.folder), false);
  });
});

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}
