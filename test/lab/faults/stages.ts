import type { Lab } from '../lab';
import { steps } from '../steps';
import { all, C1, C2, edit, libvirt, nova, restarted, type Change, type LabNode } from './fault';

/** Certificates of one authority for both computes, everything over TLS. */
export async function tls(lab: Lab): Promise<void> {
  const authority = ['cn = lab CA', 'ca', 'cert_signing_key', ''].join('\n');
  await lab.must(C1, ['/run/lab/certify', 'authority', '/run/lab/ca'], authority);
  const files = ['key.pem', 'cert.pem'].map((name) => [name, lab.read(C1, `/run/lab/ca/${name}`)] as const);
  await lab.must(C2, ['mkdir', '-p', '/run/lab/ca']);
  for (const [name, text] of files) await lab.must(C2, ['tee', `/run/lab/ca/${name}`], text);
  for (const node of [C1, C2] as const) {
    const template = templateFor(lab, node);
    await lab.must(node, ['/run/lab/certify', 'libvirt'], template);
    await lab.must(node, ['/run/lab/certify', 'qemu'], template);
    await steps(lab, overTls(node).make);
  }
}

/** What certtool is to put into a node's certificate. */
export function templateFor(lab: Lab, node: LabNode): string {
  return certificate(`${node}.lab`, [
    ...[`dns_name = ${node}.lab`, `dns_name = ${node}`],
    ...[`ip_address = ${lab.address(node)}`, `ip_address = ${lab.migrationAddress(node)}`],
  ]);
}

export const certificate = (name: string, more: readonly string[]): string =>
  [`cn = ${name}`, ...more, 'tls_www_server', 'tls_www_client', 'encryption_key', 'signing_key', ''].join('\n');

const overTls = (node: LabNode): Change =>
  restarted(
    node,
    all(
      libvirt(node, 'libvirtd', 'listen_tls', '1'),
      edit(node, '/etc/libvirt/libvirtd.conf', '/^listen_tcp/d', '/^auth_tcp/d'),
      nova(node, 'libvirt', 'live_migration_scheme', 'tls'),
      nova(node, 'libvirt', 'live_migration_with_native_tls', 'true'),
    ),
  );
