import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isSecretName, MARK, redact, redactText } from '../../server/src/fleet/redact';
import { lint } from '../../server/src/lint';
import { kindOf } from '../../server/src/model/files';
import { RULES } from '../../server/src/rules/index';
import { clusterOf } from '../support/cluster';
import { lineOf } from '../support/place';

/** Text before and after, of a file by its path. */
const TABLE: readonly (readonly [path: string, before: string, after: string])[] = [
  ['etc/nova/nova.conf', '[neutron]\npassword = hunter2\n', '[neutron]\npassword = ***\n'],
  ['etc/nova/nova.conf', '[neutron]\npassword: "hun ter2"  \r\n', '[neutron]\npassword: "***"  \r\n'],
  [
    'etc/nova/nova.conf',
    '[neutron]\npassword =\n  hunter2\n # hunter3\n\nurl = x\n',
    '[neutron]\npassword =\n  ***\n ***\n\nurl = x\n',
  ],
  [
    'etc/nova/nova.conf',
    '[DEFAULT]\nmy password = hunter2\npassword hunter2\n',
    '[DEFAULT]\nmy password = ***\npassword ***\n',
  ],
  ['etc/nova/nova.conf', '[DEFAULT]\npassword＝hunter2', '[DEFAULT]\npassword＝***'],
  [
    'etc/nova/nova.conf',
    '#password = hunter2\n;  admin_token=abc\n# the password is: hunter2\n',
    '#password = ***\n;  admin_token=***\n# the password is: ***\n',
  ],
  // What nova's table marks, whatever it is called.
  [
    'etc/nova/nova.conf',
    '[barbican]\npasscode = 123\n[cache]\nbackend_argument = password:x\n',
    '[barbican]\npasscode = ***\n[cache]\nbackend_argument = ***\n',
  ],
  // Of a URL the user information, for each host.
  [
    'etc/nova/nova.conf',
    '[DEFAULT]\ntransport_url = rabbit://nova:p#w/@h1:5671,nova:q@h2:5671//nova?ssl=1\n',
    '[DEFAULT]\ntransport_url = rabbit://***@h1:5671,***@h2:5671//nova?ssl=1\n',
  ],
  [
    'etc/nova/nova.conf',
    '[DEFAULT]\ntransport_url = rabbit://nova:p,w@h1:5671\n',
    '[DEFAULT]\ntransport_url = rabbit://***@h1:5671\n',
  ],
  [
    'etc/nova/nova.conf',
    '[database]\nconnection = mysql+pymysql://nova:pw@controller/nova?password=x&ssl_key=/etc/a.pem\n',
    '[database]\nconnection = mysql+pymysql://***@controller/nova?password=***&ssl_key=/etc/a.pem\n',
  ],
  [
    'etc/nova/nova.conf',
    '[glance]\nhttps_proxy = http://u:p@proxy:3128\napi_servers = http://controller:9292\n',
    '[glance]\nhttps_proxy = http://***@proxy:3128\napi_servers = http://controller:9292\n',
  ],
  ['etc/nova/nova.conf', '[x]\ny = {"password": "abc", "name": "a"}\n', '[x]\ny = {"password": "***", "name": "a"}\n'],
  [
    'etc/libvirt/qemu.conf',
    'vnc_password = "XYZ12345" # first\n#spice_password = "x"\nuser = "root"\n',
    'vnc_password = "***" # first\n#spice_password = ***\nuser = "root"\n',
  ],
  [
    'etc/libvirt/qemu.conf',
    'vnc_password = 12345\nspice_password = """a\nb"""\nuser = "root"',
    'vnc_password = 0\nspice_password = """***\n***"""\nuser = "root"',
  ],
  [
    'etc/libvirt/auth.conf',
    '[credentials-a]\nauthname=me\npassword=x\n[auth-libvirt-c1]\ncredentials=a\n',
    '[credentials-a]\nauthname=***\npassword=***\n[auth-libvirt-c1]\ncredentials=a\n',
  ],
  [
    'etc/sasl2/libvirt.conf',
    'mech_list: digest-md5\nsql_passwd: x y\nsasldb_path: /etc/libvirt/passwd.db\n',
    'mech_list: digest-md5\nsql_passwd: ***\nsasldb_path: /etc/libvirt/passwd.db\n',
  ],
  [
    'etc/default/libvirtd',
    'export OS_PASSWORD="a b"\nLIBVIRTD_ARGS="--listen --token abc --key=def"\n',
    'export OS_PASSWORD="***"\nLIBVIRTD_ARGS="--listen --token *** --key=***"\n',
  ],
  [
    'etc/default/libvirtd',
    "OS_PASSWORD='a\nb c\nd' # x\nLIBVIRTD_ARGS=-l\n",
    "OS_PASSWORD='***\n***\n***' # x\nLIBVIRTD_ARGS=-l\n",
  ],
  ['etc/init/libvirt-bin.conf', 'env OS_TOKEN=abc\nexec libvirtd -l\n', 'env OS_TOKEN=***\nexec libvirtd -l\n'],
  [
    'etc/systemd/system/nova-compute.service',
    '[Service]\nEnvironment="OS_PASSWORD=abc" A=b\nExecStart=/usr/bin/x --password abc \\\n --secret=d\n',
    '[Service]\nEnvironment="OS_PASSWORD=***" A=b\nExecStart=/usr/bin/x --password *** \\\n --secret=***\n',
  ],
  [
    'etc/fstab',
    'm:6789:/ /srv ceph name=nova,secret=AQB+/x==,noatime 0 0\nm:/ /a ceph name=n,secretfile=/etc/ceph/n 0 0\n//s/x /b cifs user=u,password=p,ro 0 0\n',
    'm:6789:/ /srv ceph name=nova,secret=***,noatime 0 0\nm:/ /a ceph name=n,secretfile=/etc/ceph/n 0 0\n//s/x /b cifs user=u,password=***,ro 0 0\n',
  ],
  [
    'etc/passwd',
    'root:$6$abc$def:0:0:root:/root:/bin/sh\nnova:x:110:119::/var/lib/nova:/bin/sh\nsync:*:4:0:::\na::1:1:::\n',
    'root:***:0:0:root:/root:/bin/sh\nnova:x:110:119::/var/lib/nova:/bin/sh\nsync:*:4:0:::\na::1:1:::\n',
  ],
  ['etc/group', 'nova:!:119:a,b\nadm:aB3xyz:4:\n', 'nova:!:119:a,b\nadm:***:4:\n'],
];

/** What looks like a secret and is none: left as it is. */
const PLAIN: readonly (readonly [path: string, text: string])[] = [
  [
    'etc/nova/nova.conf',
    '[libvirt]\nrbd_secret_uuid = 457eb676-33da-42ec-9a8c-9293d545c337\ninject_password = True\ninject_key = false\nsupported_tpm_secret_security = user\n',
  ],
  [
    'etc/nova/nova.conf',
    '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/system?keyfile=/var/lib/nova/.ssh/id_rsa\n',
  ],
  [
    'etc/nova/nova.conf',
    '[vnc]\nvencrypt_client_key = /etc/pki/nova-novncproxy/client-key.pem\nkeymap = en-us\n[keystone_authtoken]\ntoken_cache_time = 300\nservice_token_roles_required = true\nauth_type = password\nkeyfile = /etc/x\n',
  ],
  [
    'etc/nova/nova.conf',
    '[key_manager]\nbackend = castellan.key_manager.barbican_key_manager.BarbicanKeyManager\n[service_user]\nsend_service_user_token = true\n[pci]\npassthrough_whitelist = {"vendor_id": "8086"}\n',
  ],
  ['etc/nova/nova.conf', '[neutron]\npassword = {{ neutron_password }}\nmetadata_proxy_shared_secret =\n'],
  [
    'etc/libvirt/libvirtd.conf',
    'key_file = "/etc/pki/libvirt/private/serverkey.pem"\n#key_file = "/etc/x.pem"\nkeepalive_interval = 5\n',
  ],
  ['etc/libvirt/qemu.conf', 'default_tls_x509_secret_uuid = "00000000-0000-0000-0000-000000000000"\n'],
  ['etc/nova/nova.conf', '# livemig: ignore nova/uri-deprecated -- until the keys are there\n'],
  ['etc/hosts', '192.0.2.1 keystone password-store\n'],
  ['etc/exports', '/srv *(rw,sec=krb5:sys)\n'],
];

describe('by example', () => {
  for (const [path, before, after] of TABLE)
    test(`${path}: ${JSON.stringify(before).slice(1, 60)}`, () => {
      assert.equal(redactText(before, kindOf(path)), after);
      assert.equal(redactText(after, kindOf(path)), after, 'twice is once');
    });
  for (const [path, text] of PLAIN)
    test(`left alone, ${path}: ${JSON.stringify(text).slice(1, 60)}`, () =>
      assert.equal(redactText(text, kindOf(path)), text));
});

test('a reference that stops nova is told of its snapshot, too; one that leads somewhere is not one', () => {
  const nova = (value: string): string => redactText(`[neutron]\npassword = ${value}\n`, 'nova');
  assert.equal(nova('a$nosuch'), '[neutron]\npassword = $redacted\n');
  assert.equal(nova('"a${nosuch}b"'), '[neutron]\npassword = "$redacted"\n');
  assert.equal(nova('a$$b\\$c$1'), '[neutron]\npassword = ***\n');
  assert.equal(nova('$my_ip'), '[neutron]\npassword = ***\n');
});

test('bytes that are no text stay what they are', () => {
  const nova = 'etc/nova/nova.conf';
  const latin = Buffer.from([...Buffer.from('[a]\n# gr\xfc\xdfe \x80\x9f\npassword = p\xe4ss\n', 'latin1')]);
  assert.equal(Buffer.from(redact(nova, latin)).toString('latin1'), '[a]\n# gr\xfc\xdfe \x80\x9f\npassword = ***\n');
  const text = '\uFEFF[a]\npassword = größe\nx = ü\n';
  const wide = Buffer.from(text, 'utf16le');
  assert.equal(Buffer.from(redact(nova, wide)).toString('utf16le'), text.replace('größe', MARK));
  assert.equal(
    Buffer.from(redact(nova, Buffer.from(wide).swap16()))
      .swap16()
      .toString('utf16le'),
    text.replace('größe', MARK),
  );
  assert.equal(
    Buffer.from(redact(nova, Buffer.from('a = \0\npassword = x\0y\n'))).toString(),
    'a = \0\npassword = ***\n',
  );
});

/** Eleven letters that are in no file by chance. */
const SECRET = 'Zq7Vw9Kx2Lm';
const secret = fc
  .tuple(
    fc.constantFrom(
      '',
      '$',
      '#',
      ';',
      "'",
      '"',
      '/',
      '@',
      '%',
      '\\',
      '=',
      ':',
      ' ',
      ',',
      '$$',
      '${',
      'ü',
      '!',
      '&',
      '*',
    ),
    fc.constantFrom('', '$', '#', ';', "'", '"', '/', '%', '=', ':', ' ', ',', '}', 'ü', '!', '&', '+=='),
  )
  .map(([a, b]) => `x${a}${SECRET}${b}y`);
const NAMES = [
  'password',
  'admin_password',
  'rabbit_pass',
  'metadata_proxy_shared_secret',
  'memcache_secret_key',
  'auth_token',
  'OS_PASSWORD',
  'fixed_key',
  'consumer_key',
  'some_apikey',
  'Passwort_passwd',
  'hmac_keys',
];
const SCHEMES = ['rabbit', 'mysql+pymysql', 'http', 'https', 'qemu+ssh', 'amqp'];

/** Lines with a secret, as they may stand in each dialect. */
function planted(name: string, scheme: string, word: string): Record<string, string[]> {
  const plain = word.replace(/[\s"'\\]/g, '');
  const bare = plain.replace(/[,;&@#:=/}$!*]/g, '');
  // What stands between an @ and a comma is a host to whoever reads such a URL.
  const urls = [
    `url = ${scheme}://u:${plain.replaceAll(',', '')}@h/x`,
    `# see ${scheme}://u:${plain.replaceAll(',', '')}@h/x`,
    `url = ${scheme}://u:${plain.replaceAll('@', '')}@h1,u:${plain.replaceAll(',', '')}@h2/`,
  ];
  const ini = [
    `${name} = ${word}`,
    `${name}=${word}`,
    `${name}: ${word}`,
    `#${name} = ${word}`,
    `# old: ${name}=${word}`,
    `${name} ${bare}`,
    `${name} =\n  ${word}\n\t${word}`,
    `${name} = "${word}"`,
    `x = {"${name}": "${bare}"}`,
    `x = a,${name}=${bare},b`,
    ...urls,
  ];
  return {
    'etc/nova/nova.conf': ini,
    'etc/nova/nova.conf.d/a.conf': ini,
    'etc/libvirt/qemu.conf': [
      `${name} = "${word.replaceAll('"', '')}"`,
      `${name} = '${word.replaceAll("'", '')}'`,
      `#${name} = "${word}"`,
      `${name} = ${bare}`,
      ...urls,
    ],
    'etc/libvirt/libvirtd.conf': [`${name} = "${word.replaceAll('"', '')}"`, `# ${name}: ${word}`],
    'etc/libvirt/auth.conf': [`[credentials-x]\nusername=${word}`, `[credentials-x]\n${name}=${word}`],
    'etc/sasl2/libvirt.conf': [`${name}: ${word}`, `sql_passwd: ${word}`],
    'etc/default/libvirtd': [
      `${name}='${word.replaceAll("'", '')}'`,
      `export ${name}="${word.replace(/["\\]/g, '')}"`,
      `LIBVIRTD_ARGS="--${name}=${bare}"`,
      `LIBVIRTD_ARGS="--${name} ${bare}"`,
      `${name}='a\n${bare}\nb'`,
      `# ${name}=${word}`,
    ],
    'etc/init/libvirt-bin.conf': [`env ${name}=${bare}`, `exec libvirtd --${name}=${bare}`],
    'etc/systemd/system/nova-compute.service': [
      `Environment="${name}=${bare}"`,
      `Environment=${name}=${bare},${bare}`,
      `Environment="${name}=${word.replace(/["\\]/g, '')}"`,
      `ExecStart=/x --${name} ${bare}`,
      `#Environment=${name}=${word}`,
    ],
    'etc/sysctl.conf': [`# ${name} = ${word}`],
    'etc/fstab': [
      `a:/ /b ceph name=n,secret=${bare},x 0 0`,
      `//h/s /b cifs user=u,password=${bare} 0 0`,
      `https://u:${plain.replaceAll(',', '')}@h/d /b davfs x 0 0`,
      `# password=${word}`,
    ],
    'etc/exports': [`# ${name} = ${word}`],
    'etc/hosts': [`# ${name} = ${word}`],
    'etc/passwd': [`nova:${bare}:1:1::/:/bin/sh`, `nova:$6$${bare}:1:1::/:/bin/sh`],
    'etc/group': [`nova:${bare}:1:`],
  };
}

test('no secret planted in any file comes out', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...NAMES),
      fc.constantFrom(...SCHEMES),
      secret,
      fc.constantFrom('\n', '\r\n'),
      (name, scheme, word, eol) => {
        for (const [path, list] of Object.entries(planted(name, scheme, word)))
          for (const line of list) {
            const text = ['[DEFAULT]', 'my_ip = 10.0.0.1', ...line.split('\n'), '# end', ''].join(eol);
            const after = Buffer.from(redact(path, Buffer.from(text))).toString();
            assert.ok(!after.includes(SECRET), `${path}: ${JSON.stringify(line)} became ${JSON.stringify(after)}`);
            assert.equal(after.split(eol).length, text.split(eol).length, 'as many lines');
            assert.ok(after.endsWith(`# end${eol}`), `${path}: ${JSON.stringify(line)} swallowed the next line`);
          }
      },
    ),
    { numRuns: 500, includeErrorInReport: true },
  );
});

test('names', () => {
  for (const name of [
    ...NAMES,
    'PGPASSWORD',
    'secret',
    'token',
    'key',
    'accessKey',
    'ldapdb_pw',
    's3_secret',
    'vault-token',
  ])
    assert.ok(isSecretName(name), name);
  for (const name of [
    'rbd_secret_uuid',
    'key_file',
    'keyfile',
    'keys_path',
    'password_length',
    'keystone_url',
    'keymap',
    'key_manager',
    'keepalive_interval',
    'passthrough_whitelist',
    'token_cache_time',
    'secretfile',
    'bypass',
    'monkey_patch',
    'auth_url',
  ])
    assert.ok(!isSecretName(name), name);
});

/** What lint says of files, by place and words. */
function findings(files: Readonly<Record<string, string>>, release: string): string[] {
  return lint(clusterOf(files, release)).findings.map(
    (f) => `${f.file.uri}:${lineOf(f.file.text, f.span.start)} ${f.severity} ${f.rule.id}: ${f.message}`,
  );
}

test('lint says the same of every example of every rule', () => {
  let redacted = 0;
  for (const { id, examples } of RULES)
    for (const { title, files, release = '2026.1' } of examples) {
      const before = Object.entries(files).map(([name, text]) => [name, text.replace(/[⟦⟧]/g, '')] as const);
      const after = before.map(([name, text]) => {
        const ours = /(?:livemig\.ini|facts\.json)$/.test(name);
        return [name, ours ? text : Buffer.from(redact(name, Buffer.from(text))).toString()] as const;
      });
      if (before.some(([, text], i) => text !== after[i]![1])) redacted++;
      const words = [before, after].map((list) => findings(Object.fromEntries(list), release));
      assert.deepEqual(words[1], words[0], `${id}, ${title ?? ''}`);
    }
  assert.ok(redacted > 10, `${redacted} examples had a secret`);
});
