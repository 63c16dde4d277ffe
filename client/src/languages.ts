/** Which files are ours. The same list as in package.json (`contributes.languages`), which a test compares. */

/** Fits both VS Code's selector and the language client's. */
interface Filter {
  readonly scheme: string;
  readonly language?: string;
  readonly pattern?: string;
}

export const languageIds = [
  'nova-conf',
  'libvirt-conf',
  'libvirt-defaults',
  'libvirt-upstart',
  'libvirt-units',
  'nfs-exports',
  'fstab',
  'livemig-ini',
] as const;

/** Files without a language of their own: linted when open, whatever language they have. */
const plain = '**/etc/{hosts,hostname,passwd,group,os-release}';

/** `vscode-vfs` is the repository opened without a clone, `livemig` a connected node's files. */
const schemes = ['file', 'untitled', 'vscode-vfs', 'livemig'] as const;

export const documentSelector: Filter[] = schemes.flatMap((scheme) => [
  ...languageIds.map((language) => ({ scheme, language })),
  ...(scheme === 'untitled' ? [] : [{ scheme, pattern: plain }]),
]);

/**
 * Files whose change on disk the server must hear of. A bare `exports` or `fstab` belongs to it: a folder without
 * `etc/` that directly holds known files is a host, too.
 */
export const watched: readonly string[] = [
  '**/{nova.conf,nova-*.conf,libvirtd.conf,virtproxyd.conf,virtqemud.conf,qemu.conf,livemig.ini,facts.json}',
  '**/nova.conf.d/*.conf',
  '**/{default,sysconfig}/{libvirt-bin,libvirtd}',
  '**/init/libvirt-bin.conf',
  '**/systemd/system/{libvirt,virtproxyd,virtqemud,nova-compute,openstack-nova-compute}*.{socket,service}',
  '**/systemd/system/{libvirt,virtproxyd,virtqemud,nova-compute,openstack-nova-compute}*.d/*.conf',
  '**/systemd/system/*.mount',
  '**/systemd/system/*.target.wants/{libvirt,virtproxyd,virtqemud}*',
  '**/{sasl2,sysctl.d}/*.conf',
  '**/{auth.conf,sysctl.conf}',
  '**/{exports,fstab,hosts,hostname,passwd,group,os-release}',
  '**/exports.d/*',
];
