import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Cluster, type ClusterInput } from '../../server/src/model/cluster';
import type { SourceFile } from '../../server/src/model/files';
import { discover } from '../../server/src/workspace/discover';
import { diskSource } from '../../server/src/workspace/disk';
import { loadFile, singleFile } from '../../server/src/workspace/load';

const FOLDER = path.join(__dirname, '../corpus');

/** A folder of the corpus: correct files of one deployment, as they came from disk. */
export interface Sample {
  readonly name: string;
  readonly input: ClusterInput;
}

/** Every folder of the corpus, read by the same code as by the command line. */
export async function readCorpus(folder = FOLDER): Promise<Sample[]> {
  const names = readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory());
  const source = diskSource();
  const samples: Sample[] = [];
  for (const { name } of names) {
    const uri = pathToFileURL(path.join(folder, name)).href;
    const { clusters, failures } = await discover(source, uri, (file, below, kind) =>
      loadFile(source, file, below, kind),
    );
    if (failures.length > 0) throw new Error(`${name}: ${JSON.stringify(failures)}`);
    const [input, another] = clusters;
    if (!input || another) throw new Error(`${name} is ${clusters.length} clusters, one was expected`);
    samples.push({ name, input });
  }
  return samples;
}

/** The cluster as its livemig.ini declares it. */
export function declared(sample: Sample): Cluster {
  return new Cluster(sample.input);
}

/** The same files without an inventory: release, roles and addresses are what the files tell. */
export function undeclared(sample: Sample): Cluster {
  return new Cluster({ ...sample.input, inventory: undefined });
}

/**
 * Each file as a cluster of its own, as `livemig lint FILE` and an editor without a folder see it.
 * @param withInventory whether livemig.ini above it is found too
 */
export async function alone(sample: Sample, withInventory: boolean): Promise<Cluster[]> {
  const { inventory } = sample.input;
  const files = sample.input.hosts.flatMap((h) => h.files).filter((f) => f.kind !== 'facts');
  const load = (file: SourceFile) => async (uri: string) => {
    const found = uri === file.uri ? file : withInventory && uri === inventory?.uri ? inventory : undefined;
    if (!found) throw Object.assign(new Error(uri), { code: 'ENOENT' });
    return Promise.resolve(found);
  };
  const inputs = await Promise.all(files.map((file) => singleFile(file.uri, load(file))));
  return inputs.map((input, i) => {
    if (!input) throw new Error(`${files[i]!.uri} is of no kind when it is alone`);
    return new Cluster(input);
  });
}
