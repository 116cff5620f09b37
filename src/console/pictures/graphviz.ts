import type { Viz } from '@viz-js/viz';
import { type Drawing, loadIfInstalled } from './drawing.js';
import type { Sketch, SketchEdge, SketchNode } from './sketch.js';

let graphviz: Promise<Viz | undefined> | undefined;

/**
 * Draws a sketch from left to right. Graphviz is loaded for the first one. It measures texts in a narrow font, and larger than
 * the style sheet shows them, so that wide ones fit.
 *
 * @returns undefined if Graphviz is not installed, or if there is nothing to draw
 */
export async function draw({ nodes, edges }: Sketch): Promise<Drawing | undefined> {
  if (nodes.length === 0) return undefined;
  graphviz ??= loadIfInstalled(load);
  const viz = await graphviz;
  const svg = viz?.renderString(
    {
      graphAttributes: { rankdir: 'LR', bgcolor: 'transparent', nodesep: 0.15, ranksep: 0.35, pad: 0.05 },
      nodeAttributes: { shape: 'box', fontname: 'Helvetica', fontsize: 12, height: 0.3, margin: '0.12,0.05' },
      edgeAttributes: { arrowsize: 0.6, fontname: 'Helvetica', fontsize: 12 },
      nodes: nodes.map((node) => ({ name: node.id, attributes: attributesOfNode(node) })),
      edges: edges.map((edge) => ({ tail: edge.from, head: edge.to, attributes: attributesOfEdge(edge) })),
    },
    { format: 'svg' },
  );
  return svg === undefined ? undefined : drawingOf(svg);
}

async function load(): Promise<Viz> {
  const { instance } = await import('@viz-js/viz');
  return instance();
}

function attributesOfNode({ lines, isPlain = false, isFaint = false, href }: SketchNode) {
  return {
    label: lines.map(labelText).join('\\n'),
    ...(isPlain ? { shape: 'plaintext' } : { style: isFaint ? 'rounded,dashed' : 'rounded' }),
    ...classOf(isFaint),
    ...(href === undefined ? {} : { URL: href }),
  };
}

/** The label alone leads on: a line without text is no link that a screen reader could name. */
function attributesOfEdge({ label, isFaint = false, href }: SketchEdge) {
  return {
    ...(label === undefined ? {} : { label: labelText(label) }),
    ...(isFaint ? { style: 'dashed' } : {}),
    ...classOf(isFaint),
    ...(href === undefined ? {} : { labelURL: href }),
  };
}

/** The style sheet has the colours, light and dark. */
function classOf(isFaint: boolean) {
  return { class: isFaint ? 'dropped' : 'kept' };
}

/** A text as Graphviz takes labels, which have references to characters and escapes of their own. XML has no control characters. */
function labelText(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, '\ufffd')
    .replaceAll('\\', '\\\\')
    .replaceAll('&', '&amp;');
}

/** What is inside of the `svg` element, without the comments and titles that repeat names of nodes, and the size of it. */
function drawingOf(svg: string): Drawing {
  const open = svg.indexOf('<svg ');
  const begin = svg.indexOf('>', open) + 1;
  const [, width = '', height = ''] =
    /^<svg width="(\d{1,6})pt" height="(\d{1,6})pt"/.exec(svg.slice(open, begin)) ?? [];
  if (width === '') throw new Error('Graphviz has drawn something else than a picture');
  return {
    width: Number(width),
    height: Number(height),
    content: svg
      .slice(begin, svg.lastIndexOf('</svg>'))
      .replaceAll(/<!--[^<>]*-->\n?|<title>[^<>]*<\/title>\n?| xlink:title="[^"]*"/g, '')
      .replaceAll(' xlink:href=', ' href='),
  };
}
