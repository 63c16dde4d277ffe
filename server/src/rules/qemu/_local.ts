/** What qemu_conf.c takes for the local machine: these literals, with or without brackets, and all that begins with localhost. */
export function refusedByLibvirt(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, '$1');
  return bare === '127.0.0.1' || bare === '::1' || bare.startsWith('localhost');
}
