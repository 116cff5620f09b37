import { ownPackage } from '../../own-package.js';

/** A drawn picture: what is inside of its `svg` element, and its size in points. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Markup, of which the library has escaped all text. */
  readonly content: string;
}

/** What draws pictures, each by the name of its package. An installation may leave them out. */
const packages = { Graphviz: '@viz-js/viz', 'Apache ECharts': 'echarts' } as const;
export type DrawingPackage = keyof typeof packages;

/** What to install for pictures. */
export function commandFor(by: DrawingPackage): string {
  const name = packages[by];
  return `npm install '${name}@${ownPackage().peerDependencies[name]}'`;
}

/** What loading gives; undefined if the package is not installed. */
export async function loadIfInstalled<Loaded>(load: () => Promise<Loaded>): Promise<Loaded | undefined> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
