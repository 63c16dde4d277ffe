// A fleet as a deployment tool writes it: correct, all hosts alike but for their names and addresses, a few with a mistake.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const HEAD = `[DEFAULT]
# Written by the deployment: changes made by hand are lost.
my_ip = {ip}
host = {name}
transport_url = rabbit://nova:secret@192.0.2.5:5672/
instances_path = /var/lib/nova/instances
state_path = /var/lib/nova
log_dir = /var/log/nova
compute_driver = libvirt.LibvirtDriver

[libvirt]
virt_type = kvm
cpu_mode = host-model
live_migration_inbound_addr = {ip}
live_migration_completion_timeout = 800
live_migration_timeout_action = abort
live_migration_permit_auto_converge = true

[vnc]
enabled = true
server_listen = 0.0.0.0
server_proxyclient_address = {ip}
novncproxy_base_url = https://console.example.net:6080/vnc_auto.html

[oslo_concurrency]
lock_path = /var/lib/nova/tmp

[neutron]
`;

/** The commented reference text that packages ship below, up to so many lines in all. */
function novaConf(lines, name, ip) {
  const head = HEAD.replaceAll('{ip}', ip).replaceAll('{name}', name).trimEnd().split('\n');
  for (let i = head.length; i < lines; i++)
    head.push(i % 3 === 0 ? `#option_${i} = <None>` : `# What option ${i} does, and when an operator changes it.`);
  return `${head.join('\n')}\n`;
}

const LIBVIRTD = `listen_tls = 0
listen_tcp = 1
auth_tcp = "sasl"
unix_sock_group = "libvirt"
log_outputs = "3:syslog:libvirtd"
`;

/** Every hundredth host has a mistake that only another host shows. */
const STRAY = 100;

/**
 * Writes `count` hosts of six files each below a folder.
 * @param {string} folder
 * @param {number} count
 * @param {number} novaLines lines of each nova.conf
 */
export function writeFleet(folder, count, novaLines = 200) {
  const address = (i) => `10.${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
  writeFileSync(path.join(folder, 'livemig.ini'), 'release = zed\n');
  for (let i = 0; i < count; i++) {
    const name = `compute${String(i).padStart(5, '0')}`;
    const ip = address(i + 1);
    const stray = i % STRAY === STRAY - 1;
    const etc = path.join(folder, name, 'etc');
    for (const below of ['nova', 'libvirt', 'default']) mkdirSync(path.join(etc, below), { recursive: true });
    const files = {
      'nova/nova.conf': novaConf(novaLines, name, ip),
      'libvirt/libvirtd.conf': LIBVIRTD,
      'default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
      fstab: `UUID=0a3407de-014b-458b-b5c1-848e92a327a3 / ext4 defaults 0 1\nfiler:/nova /var/lib/nova/instances nfs4 rw,hard,vers=4.2,_netdev 0 0\n`,
      hosts: `127.0.0.1 localhost\n${ip} ${name}.example.net ${name}\n192.0.2.9 filer\n`,
      passwd: `root:x:0:0:root:/root:/bin/bash\nlibvirt-qemu:x:64055:994::/var/lib/libvirt:/usr/sbin/nologin\nnova:x:${stray ? 999 : 998}:998::/var/lib/nova:/bin/sh\n`,
    };
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(etc, file), text);
  }
  return { hosts: count, strays: Math.floor(count / STRAY) };
}
