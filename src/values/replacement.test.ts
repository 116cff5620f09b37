import { describe, expect, it } from 'vitest';
import { backReferences, checkReplacement } from './replacement.js';

describe('backReferences', () => {
  it.each([
    ['sip:info@example.com', []],
    ['sip:\\1@sbe2.example.com', [1]],
    ['\\2\\1?route=sbe1.example.com\\2', [2, 1, 2]],
    ['\\12', [1]],
    ['\\\\1', []],
    ['\\\\\\1', [1]],
    ['\\!\\9', [9]],
    ['\\0\\a\\', []],
  ])('of %s', (repl, groups) => {
    expect(backReferences(repl)).toEqual(groups);
  });
});

describe('checkReplacement', () => {
  it.each([
    ['', 0],
    ['sip:info@example.com', 0],
    ['sip:\\1@example.com', 1],
    ['\\1\\9', 9],
    ['\\11', 1],
    ['a\\\\b\\!c', 0],
    ['\\\\2', 1],
    ['!&$1', 0],
  ])('takes %s for %i groups', (repl, groups) => {
    expect(checkReplacement(repl, groups)).toBeUndefined();
  });

  it.each([
    ['sip:\\1@example.com', 0, '\\1 without such a group in the pattern'],
    ['\\1\\3\\4', 2, '\\3 without such a group in the pattern'],
    ['\\0', 9, '\\0 is no back-reference; these are \\1 to \\9'],
    ['\\&', 9, '\\& is no back-reference; these are \\1 to \\9'],
    ['\\n', 9, '\\n is no back-reference; these are \\1 to \\9'],
    ['\\😀', 9, '\\😀 is no back-reference; these are \\1 to \\9'],
    ['a\\\nb', 9, '\\\n is no back-reference; these are \\1 to \\9'],
    ['sip:a\\', 9, 'a backslash at the end'],
    ['\\\\\\', 9, 'a backslash at the end'],
  ])('refuses %j for %i groups', (repl, groups, error) => {
    expect(checkReplacement(repl, groups)).toEqual({ error });
  });
});
