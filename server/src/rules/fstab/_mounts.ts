import { instancesMount, instancesStorage, isBackup, isInstancesName, type Mount } from '../../model/cluster';
import type { Host } from '../../model/host';
import { isNfs } from '../../model/storage';
import type { ListOption } from '../../syntax/types';
import { removeListOption, replace } from '../edits';
import type { Edit } from '../rule';

/** The NFS mount that the host's instances lie on. */
export function nfsStorage(host: Host): Mount | undefined {
  const mount = instancesStorage(host);
  return mount && isNfs(mount.entry.type.value) ? mount : undefined;
}

/** Whether an entry, of whatever type, is the one for the instances. */
export function isForInstances(mount: Mount): boolean {
  const { host, entry } = mount;
  if (instancesStorage(host)?.entry === entry) return true;
  if (host.instancesPath !== undefined) return instancesMount(host)?.entry === entry && entry.file.value !== '/';
  return (isInstancesName(entry.file.value) || isInstancesName(entry.spec.value)) && !isBackup(mount);
}

/** Whether it is another mount of what is in place already. */
export function isBind({ entry }: Mount): boolean {
  return entry.optionList.some((o) => o.name === 'bind' || o.name === 'rbind');
}

/** Takes an option out; the field is never left empty, which would shift those behind it. */
export function dropMountOption({ file, entry }: Mount, option: ListOption): Edit {
  return entry.optionList.length === 1
    ? replace(file, option.span, 'defaults')
    : removeListOption(file, entry.optionList, option);
}
