import { describe, expect, it } from 'vitest';
import { hostileNames } from '../../../test/support/hostile-objects.js';
import type { Chart } from './chart.js';
import { COLOURS, drawChart } from './echarts.js';

const chart = (form: Chart['form'], ...names: string[]): Chart => ({
  ...{ title: 'Anything', form },
  series: names.map((name, index) => ({ name, values: [index + 1, undefined, 30] })),
});

/** The texts in a picture, as a reader sees them. */
async function textsOf(drawn: Chart, labels: readonly string[]): Promise<string[]> {
  const { content = '' } = (await drawChart(drawn, labels)) ?? {};
  return [...content.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&'),
  );
}

describe('a chart', () => {
  it.each(['bars', 'lines'] as const)('of %s has its names, and the labels of its slots', async (form) => {
    const texts = await textsOf(chart(form, '1000', '2100'), ['12:00', '12:01', '12:02']);
    expect(texts).toEqual(expect.arrayContaining(['1000', '2100', '12:00', '12:02']));
  });

  it.each(['bars', 'lines'] as const)('of %s has no style and no script, which the policy forbids', async (form) => {
    const drawing = await drawChart(chart(form, 'a', 'b'), ['x', 'y', 'z']);
    expect(drawing?.content).not.toMatch(/ style=|<style|<script| class=| on\w+=| id=|url\(/);
    expect(drawing?.content).toMatch(/font-size="11px"/);
    expect(drawing?.width).toBeGreaterThan(0);
  });

  it.each(hostileNames)('shows text as text: %j', async (name) => {
    expect(await textsOf(chart('bars', name), ['x', 'y', 'z'])).toContain(name);
  });
});

it('colours are seen on light and on dark ground', () => {
  const part = (hex: string) => {
    const value = Number.parseInt(hex, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = (colour.match(/[0-9a-f]{2}/g) ?? []).map(part);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one: string, other: string) => {
    const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  for (const colour of COLOURS) {
    for (const ground of ['#ffffff', '#121416'])
      expect(contrast(colour, ground), `${colour} ${ground}`).toBeGreaterThan(3);
  }
});
