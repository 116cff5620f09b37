import { describe, expect, it } from 'vitest';
import { hostileNames } from '../../../test/support/hostile-objects.js';
import { draw } from './graphviz.js';
import { cut, type Sketch, wrap } from './sketch.js';

/** The lines of text in a picture, as a reader sees them. */
async function linesOf(sketch: Sketch): Promise<string[]> {
  const { content = '' } = (await draw(sketch)) ?? {};
  return [...content.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => unescaped(text));
}

function unescaped(text: string): string {
  return text
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

const texts = [
  ...hostileNames.map(cut),
  '\\N \\G \\L \\n \\l \\r \\\\',
  '"];n1 [URL="javascript:alert(1)"]',
  '&lt;b&gt; &amp; &#60; &copy;',
  '<B>bold</B> <TABLE>',
  '->{}[]|:;,/*--*/#',
  ' ',
];

describe('a picture', () => {
  it.each(texts)('shows text as text: %j', async (text) => {
    const sketch = {
      nodes: [
        { id: 'a', lines: ['Name', text] },
        { id: 'b', lines: ['other'] },
      ],
      edges: [{ from: 'a', to: 'b', label: text }],
    };
    const shown = (await linesOf(sketch)).map((line) => line.replaceAll('\u00a0', ' ').trim());
    expect(shown.sort()).toEqual(['Name', 'other', text.trim(), text.trim()].sort());
  });

  it('has no style, script or comment, and says by more than colour what is faint', async () => {
    const drawing = await draw({
      nodes: [
        { id: 'a', lines: ['a'] },
        { id: 'b', lines: ['b'], isFaint: true, href: '/console?a=1&b=2' },
      ],
      edges: [{ from: 'a', to: 'b', isFaint: true }],
    });
    expect(drawing?.content).not.toMatch(/ style=|<style|<script|<!--|<title| on\w+=/);
    expect(drawing?.content.match(/stroke-dasharray/g)).toHaveLength(2);
    expect(drawing?.content).toContain('<a href="/console?a=1&amp;b=2"');
    expect(drawing?.width).toBeGreaterThan(0);
  });

  it('of nothing is none', async () => {
    expect(await draw({ nodes: [], edges: [] })).toBeUndefined();
  });
});

it('a long text is cut between characters, and a sentence between words', () => {
  expect(cut('\u{1f600}'.repeat(40))).toBe(`${'\u{1f600}'.repeat(29)}…`);
  expect(wrap('Dropped: the SED group is not in service')).toEqual(['Dropped: the SED group is not', 'in service']);
});
