import { DataTransferItem, type DataTransfer, type TreeDragAndDropController } from 'vscode';
import type { Element } from '../nodes/tree/elements';

const TYPE = 'application/vnd.livemig.instances';

/** Instances are dragged onto a node, or any row below one. @param drop moves them there */
export function instanceDrag(
  drop: (instances: readonly Element[], node: string) => Promise<unknown>,
): TreeDragAndDropController<Element> {
  return {
    dragMimeTypes: [TYPE],
    dropMimeTypes: [TYPE],
    handleDrag: (rows: readonly Element[], data: DataTransfer) => {
      const instances = rows.filter(({ kind }) => kind === 'instance');
      if (instances.length > 0) data.set(TYPE, new DataTransferItem(instances));
    },
    handleDrop: async (target: Element | undefined, data: DataTransfer) => {
      const dragged = data.get(TYPE)?.value as unknown;
      if (!target || target.kind === 'cluster' || !Array.isArray(dragged)) return;
      const { cluster, node } = target;
      // Where it is already nothing has to be done; between clusters there is no way.
      const moving = (dragged as readonly Element[]).filter(
        (row) => row.kind === 'instance' && row.cluster === cluster && row.node !== node,
      );
      if (moving.length > 0) await drop(moving, node);
    },
  };
}
