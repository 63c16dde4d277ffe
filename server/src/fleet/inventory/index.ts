export { addNodes, isNodeName } from './add';
export { ansibleHosts } from './ansible';
export { sshHosts } from './ssh-hosts';
