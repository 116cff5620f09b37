import type { Peering } from '../../registry/find/peering.js';
import { peeringPath } from '../paths.js';
import type { Sketch, SketchEdge } from '../pictures/sketch.js';

/** Organizations in a picture, and lines between them: drawing one takes some 40 ms then, and more lines much longer. */
const MAX_ORGANIZATIONS = 40;
const MAX_LINES = 80;

/** Organizations that are a side of peerings, each once. */
function organizationsIn(peerings: readonly Peering[]): string[] {
  return [...new Set(peerings.flatMap(({ offeredBy, offeredTo }) => [offeredBy, offeredTo]))];
}

/**
 * Peerings as a picture: each organization leads to its peers, each line to the groups between two.
 *
 * @returns undefined if there are too many organizations or lines for a picture
 */
export function sketchOfPeerings(peerings: readonly Peering[]): Sketch | undefined {
  const organizations = organizationsIn(peerings);
  if (organizations.length > MAX_ORGANIZATIONS) return undefined;
  const ids = new Map(organizations.map((each, index) => [each, `n${index}`]));
  const edges = peerings.flatMap(({ offeredBy, offeredTo, accepted, waiting }): SketchEdge[] => {
    const line = {
      ...{ from: ids.get(offeredBy) ?? '', to: ids.get(offeredTo) ?? '' },
      href: peeringPath(offeredBy, offeredTo),
    };
    return [
      ...(accepted === 0 ? [] : [{ ...line, label: `${accepted} accepted` }]),
      ...(waiting === 0 ? [] : [{ ...line, label: `${waiting} waiting`, isFaint: true }]),
    ];
  });
  if (edges.length > MAX_LINES) return undefined;
  const nodes = organizations.map((each) => ({ id: ids.get(each) ?? '', lines: [each], href: peeringPath(each) }));
  return { nodes, edges };
}
