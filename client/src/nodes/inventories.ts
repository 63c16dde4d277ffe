/** The fleet process's own reading of livemig.ini, loaded as `dist/client-inventories.js`: the tree need not wait for that process. */
export { readInventories } from '../../../server/src/fleet/process/inventories';
