import { setFlagsFromString } from 'node:v8';

/** Collects the garbage of a large request soon, so that the memory of a server does not grow with the size of requests. */
export function collectSoon(): void {
  setFlagsFromString('--heap-growing-percent=50');
}

/**
 * Keeps the memory of a command small that passes many objects on. They die soon, or live until the answer: in a heap that grows
 * by a multiple, and a space for young objects that grows with what survives there, most would be garbage. The heap grows by a
 * fifth between two collections, and the space stays as it is now.
 */
export function stayFlat(): void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--semi-space-growth-factor=1');
}
