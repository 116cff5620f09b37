/** A picture before it is drawn: what stands in it, and what leads where. */
export interface Sketch {
  readonly nodes: readonly SketchNode[];
  readonly edges: readonly SketchEdge[];
}

/** A place in a picture. */
export interface SketchNode {
  /** Unlike that of any other node; it is not shown. */
  readonly id: string;
  /** What stands in it, line by line. */
  readonly lines: readonly string[];
  /** Words that stand by themselves have no box around them. */
  readonly isPlain?: boolean;
  /** Drawn dashed and faint, so that nobody needs to see colours. */
  readonly isFaint?: boolean;
  /** Page that it leads to. */
  readonly href?: string;
}

/** A line from one place to another. */
export interface SketchEdge {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  readonly isFaint?: boolean;
  readonly href?: string;
}

/** Characters of a line in a picture; what is longer is cut there, and whole in the table beside it. */
const MAX_LINE = 30;

/** A text as a line of a picture. */
export function cut(text: string): string {
  const characters = [...text];
  return characters.length <= MAX_LINE ? text : `${characters.slice(0, MAX_LINE - 1).join('')}…`;
}

/** A sentence as lines of a picture. */
export function wrap(sentence: string): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < MAX_LINE) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cut(word));
  }
  return lines;
}
