import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { collector } from '../../server/src/fleet/collect/script';
import { buildSync } from '../support/bundle';
import { livemig } from '../support/cli';
import { tempFolder } from '../support/temp';
import { keygen, noSshd, startSshd, type Sshd } from './sshd';

const { path: folder, remove } = tempFolder();
after(remove);
const root = path.resolve(__dirname, '../..');
const noAnsible =
  noSshd || (spawnSync('ansible-playbook', ['--version']).status !== 0 && 'ansible-core is not installed');

/** Other tests start and end daemons on this machine between the two, and let people in. */
const OF_THE_MOMENT = new Set(['daemonArguments', 'daemons', 'ssh', 'started']);

describe('what Ansible gathers', { skip: noAnsible }, () => {
  let sshd: Sshd;
  const home = path.join(folder, 'home');
  before(async () => {
    // sshd reads keys as who logs in.
    chmodSync(folder, 0o755);
    const key = keygen(path.join(folder, 'key'));
    sshd = await startSshd(folder, { keys: [key] });
    mkdirSync(home);
    // A configuration for those who log in alone, which names a file of its own.
    const script =
      'mount -t tmpfs none /etc/libvirt; cp "$1" /etc/libvirt/ca.pem; echo \'ca_file = "/etc/libvirt/ca.pem"\' >/etc/libvirt/libvirtd.conf';
    execFileSync('nsenter', ['-t', String(sshd.pid), '-m', 'sh', '-ec', script, 'sh', certificate()]);
  });
  after(async () => {
    await sshd.stop();
  });

  const certificate = () => {
    const file = path.join(folder, 'ca.pem');
    const argv = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=lab', '-out', file];
    execFileSync('openssl', [...argv, '-keyout', path.join(folder, 'ca.key')], { stdio: 'ignore' });
    return file;
  };
  const playbook = (hosts: string, out: string, extra: object = {}) => {
    const inventory = path.join(folder, 'hosts.ini');
    const known = path.join(folder, 'known');
    writeFileSync(known, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
    writeFileSync(
      inventory,
      `${hosts}\n[all:vars]\nansible_host=127.0.0.1\nansible_port=${sshd.port}\nansible_ssh_private_key_file=${path.join(folder, 'key')}\n` +
        `ansible_ssh_common_args='-F none -o UserKnownHostsFile=${known} -o IdentityAgent=none -o ControlMaster=no'\nansible_python_interpreter=/usr/bin/python3\n`,
    );
    const words = { out, livemig: [process.execPath, buildSync()], seconds: 30, hide: false, ...extra };
    const env = {
      ...process.env,
      HOME: home,
      ANSIBLE_PIPELINING: '1',
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_RETRY_FILES_ENABLED: '0',
    };
    return new Promise<{ code: number | null; said: string }>((done) => {
      const args = ['-i', inventory, path.join(root, 'ansible/snapshot.yml'), '-e', JSON.stringify(words)];
      const child = spawn('ansible-playbook', args, { env, cwd: folder });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
      child.on('close', (code) => done({ code, said }));
    });
  };

  test('is what livemig snapshot saves: root, by sudo, and without it', async () => {
    const out = path.join(folder, 'gathered');
    const { code, said } = await playbook(
      'byroot ansible_user=root\nbysudo ansible_user=op\nbare ansible_user=plain\ngone ansible_user=root ansible_port=1\n',
      out,
    );
    // A host that cannot be reached is Ansible's to tell, and costs the others nothing.
    assert.equal(code, 4, said);
    assert.match(said, /\[gone\]: UNREACHABLE!/);
    assert.match(said, /bare: everything: was read without the rights of root/);
    assert.deepEqual(readdirSync(out).sort(), ['bare', 'byroot', 'bysudo'], said);

    const ini = path.join(folder, 'livemig.ini');
    const config = path.join(folder, 'config');
    writeFileSync(
      config,
      `Host *\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  IdentityFile ${path.join(folder, 'key')}\n  IdentityAgent none\n  UserKnownHostsFile ${path.join(folder, 'known')}\n`,
    );
    writeFileSync(ini, '[node byroot]\nuser = root\n[node bysudo]\nuser = op\n[node bare]\nuser = plain\n');
    const direct = path.join(folder, 'direct');
    const { stderr } = await livemig(['snapshot', '--out', direct, '--inventory', ini, '--ssh-config', config]);
    for (const name of ['byroot', 'bysudo', 'bare']) {
      const [theirs, ours] = [path.join(out, name), path.join(direct, name)];
      assert.ok(existsSync(ours), stderr);
      assert.deepEqual(tree(theirs), tree(ours), name);
      for (const file of tree(ours).filter((f) => f.startsWith('etc')))
        assert.deepEqual(readFileSync(path.join(theirs, file)), readFileSync(path.join(ours, file)), file);
      const facts = (of: string) =>
        JSON.parse(readFileSync(path.join(of, 'facts.json'), 'utf8')) as Record<string, unknown>;
      const measured = (of: string) =>
        Object.keys(facts(of))
          .filter((key) => !OF_THE_MOMENT.has(key))
          .sort();
      assert.deepEqual(measured(theirs), measured(ours));
      for (const key of ['hostname', 'paths', 'ids', 'cpu', 'certificates', 'mounts', 'distribution'])
        assert.deepEqual(facts(theirs)[key], facts(ours)[key], key);
      assert.equal(Object.keys(facts(theirs)['certificates'] ?? {})[0], '/etc/libvirt/ca.pem', 'nothing was asked for');
      assert.equal(statSync(theirs).mode & 0o777, 0o700);
    }
    // Where in facts.json it stands depends on what else the machine did meanwhile.
    const judged = async (of: string) => {
      const { stdout } = await livemig(['lint', of, '--format', 'json']);
      const { findings } = JSON.parse(stdout.replaceAll(of, '')) as { findings: Record<string, unknown>[] };
      assert.ok(findings.length > 0);
      return findings.map(({ rule, severity, message, host, file }) =>
        [rule, severity, message, host, file].join(' | '),
      );
    };
    assert.deepEqual(await judged(out), await judged(direct));
  });
});

describe('livemig unpack', () => {
  const answers = path.join(folder, 'answers');
  const collected = (tree: string, ...words: string[]) =>
    execFileSync('sh', ['-s', '--', ...words, `root:${tree}`], { input: collector() });

  test(
    'asks for what the files name, and says what was not asked for',
    { skip: process.platform !== 'linux' },
    async () => {
      const tree = path.join(folder, 'tree');
      mkdirSync(path.join(tree, 'etc/nova'), { recursive: true });
      mkdirSync(path.join(tree, 'etc/libvirt'), { recursive: true });
      const evil = "/srv/{{ lookup('pipe', 'id') }} $HOME;`id`";
      writeFileSync(
        path.join(tree, 'etc/nova/nova.conf'),
        '[DEFAULT]\ninstances_path = /srv/in st\ntransport_url = rabbit://a:hidden@h/\n',
      );
      writeFileSync(path.join(tree, 'etc/libvirt/libvirtd.conf'), `ca_file = "${evil}"\n`);
      mkdirSync(answers);
      writeFileSync(path.join(answers, 'c1.answer'), collected(tree));
      writeFileSync(path.join(answers, 'broken.answer'), 'nothing\n');
      const first = await livemig(['unpack', answers, '--words']);
      assert.match(first.stderr, /^broken: broken\.answer is no answer of the collector/m);
      // What Ansible would put something else in place of is left out.
      assert.equal(
        readFileSync(path.join(answers, 'c1.words'), 'utf8').split('\n').slice(0, 2).join(),
        'path:/srv,path:/srv/in st',
      );
      assert.doesNotMatch(readFileSync(path.join(answers, 'c1.words'), 'utf8'), /HOME/);
      const out = path.join(folder, 'unpacked');
      const run = await livemig(['unpack', answers, '--out', out]);
      assert.equal(run.code, 2);
      assert.match(run.stderr, /^c1: what the files of the node name: was not asked for: there is no c1\.asked/m);
      assert.match(run.stdout, /^1 of 2 nodes saved whole/);
      assert.doesNotMatch(readFileSync(path.join(out, 'c1/etc/nova/nova.conf'), 'utf8'), /hidden/);
      const whole = readFileSync(path.join(answers, 'c1.answer'));
      writeFileSync(path.join(answers, 'c1.answer'), whole.subarray(0, whole.length - 30));
      assert.match((await livemig(['unpack', answers, '--out', out])).stderr, /c1: the snapshot: was cut off/);
    },
  );

  test('a folder without answers', async () => {
    assert.equal((await livemig(['unpack', path.join(folder, 'none'), '--words'])).code, 2);
    assert.match((await livemig(['unpack', root, '--words'])).stderr, /there is no NODE\.answer in it/);
  });
});

function tree(of: string): readonly string[] {
  return (readdirSync(of, { recursive: true }) as string[]).filter((f) => statSync(path.join(of, f)).isFile()).sort();
}
