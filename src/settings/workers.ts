import { wholeNumber } from './setting.js';

/** How many processes serve. */
export const workers = {
  workers: wholeNumber({
    name: 'SPPP_WORKERS',
    default: 1,
    min: 1,
    max: 64,
    unit: 'processes',
    meaning:
      'Processes of this node that serve, at best one for each core; they share the ports and the limits of the node. See docs/operations.md',
    usedBy: ['serve', 'enum'],
    whenHit: 'A process that dies is replaced',
  }),
} as const;
