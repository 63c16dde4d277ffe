import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { uriOf } from './help';

const compute = 'jovi-compute1/etc';
const expected: Readonly<Record<string, string>> = {
  'livemig.ini': 'livemig-ini',
  'jovi-controller/etc/exports': 'nfs-exports',
  'jovi-controller/etc/fstab': 'fstab',
  [`${compute}/nova/nova.conf`]: 'nova-conf',
  [`${compute}/nova/nova-compute.conf`]: 'nova-conf',
  [`${compute}/libvirt/libvirtd.conf`]: 'libvirt-conf',
  [`${compute}/libvirt/qemu.conf`]: 'libvirt-conf',
  [`${compute}/default/libvirt-bin`]: 'libvirt-defaults',
  [`${compute}/init/libvirt-bin.conf`]: 'libvirt-upstart',
};
/** Made here, because the demo has none of them. */
const further: Readonly<Record<string, string>> = {
  'node/etc/nova/nova.conf.d/50-vnc.conf': 'nova-conf',
  'node/etc/sysconfig/libvirtd': 'libvirt-defaults',
  'node/etc/default/libvirtd': 'libvirt-defaults',
  'node/etc/libvirt/virtproxyd.conf': 'libvirt-conf',
  'node/etc/libvirt/virtqemud.conf': 'libvirt-conf',
  'node/etc/exports.d/instances.exports': 'nfs-exports',
};
const ours = new Set([...Object.values(expected), ...Object.values(further)]);

suite('languages', () => {
  suiteSetup(async () => {
    for (const path of Object.keys(further)) await vscode.workspace.fs.writeFile(uriOf(path), new Uint8Array());
  });
  suiteTeardown(() => vscode.workspace.fs.delete(uriOf('node'), { recursive: true }));

  for (const [path, id] of Object.entries({ ...expected, ...further }))
    test(`${path} is ${id}`, async () => {
      const document = await vscode.workspace.openTextDocument(uriOf(path));
      assert.equal(document.languageId, id);
    });

  for (const path of ['webapp/exports/index.js', 'webapp/lib/exports', 'webapp/fstab', 'webapp/config/app.conf'])
    test(`${path} is none of ours`, async () => {
      const document = await vscode.workspace.openTextDocument(uriOf(path));
      assert.ok(!ours.has(document.languageId), document.languageId);
    });
});
