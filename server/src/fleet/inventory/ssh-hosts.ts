import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import type { NodeDraft } from '../../fleet-protocol';
import { isHostDomain } from '../../knowledge/address';
import { listedHosts, parsedConfig, readFiles, type ConfigValues } from '../ssh/config-file';
import { isNodeName } from './add';

/**
 * The hosts that ~/.ssh/config names, what it includes among them, in its order; patterns and what no node can be called are
 * left out. A draft holds the name and the address, by which exports and mounts are matched: account, port, key and jump stay
 * where ssh looks for them, and `detail` tells of them.
 * @param configFile instead of ~/.ssh/config
 * @throws FleetError of code `refused` for a file that cannot be read
 */
export function sshHosts(configFile?: string, home = homedir()): Promise<NodeDraft[]> {
  // What throws rejects.
  return Promise.resolve().then(() => {
    const cache = readFiles();
    const file = configFile ?? path.join(home, '.ssh/config');
    const own = userInfo().username;
    return listedHosts(file, { home, localUser: own }, cache)
      .filter(isNodeName)
      .map((name) => {
        const question = { name, address: undefined, user: undefined, port: undefined };
        return draftOf(name, parsedConfig(question, { home, configFile, localUser: own }, cache), own);
      });
  });
}

function draftOf(name: string, config: ConfigValues, own: string): NodeDraft {
  const first = (key: string) => {
    const value = config.get(key)?.[0];
    return value === undefined || value.toLowerCase() === 'none' ? undefined : value;
  };
  const host = first('hostname') ?? name;
  const port = first('port') ?? '22';
  const user = first('user') ?? own;
  const jump = first('proxyjump');
  const keys = (config.get('identityfile') ?? []).filter((f) => !/^~\/\.ssh\/id_\w+$/.test(f));
  const detail = [
    `${user === own ? '' : `${user}@`}${port === '22' ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`}`,
    ...(jump === undefined ? [] : [`via ${jump}`]),
    ...(keys.length === 0 ? [] : [`key ${keys.join(', ')}`]),
  ];
  return { name, ...(host !== name && isHostDomain(host) && { address: host }), detail: detail.join(', ') };
}
