import { describe, expect, it } from 'vitest';
import { matrixOf } from './matrix.js';

const id = (number: number) => `iana-en:${100 + number}`;
const peering = (by: number, to: number, accepted = 1, waiting = 0) => ({
  ...{ offeredBy: id(by), offeredTo: id(to), accepted, waiting },
});

describe('a matrix', () => {
  it('has the organizations of both sides by their ids, and what one offers to the other', () => {
    const { offering, offeredTo, cell, isPart } = matrixOf([peering(2, 1, 3, 4), peering(1, 3), peering(2, 3)]);
    expect([offering, offeredTo, isPart]).toEqual([[id(1), id(2)], [id(1), id(3)], false]);
    expect(cell(id(2), id(1))).toEqual(peering(2, 1, 3, 4));
    expect(cell(id(1), id(1))).toBeUndefined();
  });

  it('has those with the most offers, of too many', () => {
    const everybody = Array.from({ length: 80 }, (_, by) =>
      Array.from({ length: 80 }, (_, to) => peering(by, to, by >= 20 ? 2 : 1, to >= 20 ? 1 : 0)),
    ).flat();
    const { offering, offeredTo, isPart } = matrixOf(everybody);
    const last = Array.from({ length: 60 }, (_, index) => id(20 + index));
    expect([offering, offeredTo, isPart]).toEqual([last, last, true]);
  });

  it('of nothing is empty', () => {
    expect(matrixOf([])).toMatchObject({ offering: [], offeredTo: [], isPart: false });
  });
});
