import { commandFor, type Drawing, type DrawingPackage } from './drawing.js';

interface PictureParts {
  /** Unlike that of any other picture of the page. */
  readonly id?: string;
  /** What draws it. */
  readonly by?: DrawingPackage;
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly description: string;
  /** Undefined: pictures cannot be drawn here. */
  readonly drawing: Drawing | undefined;
  /** Whether parts of it lead to other pages. */
  readonly hasLinks?: boolean;
}

/** A picture with its description in words; or which package is missing where pictures cannot be drawn. */
export function Picture(parts: PictureParts) {
  const { id = 'picture', by = 'Graphviz', title, description, drawing, hasLinks = false } = parts;
  if (drawing === undefined) {
    return (
      <p class="faint">
        There is no picture here, since {by} is not installed beside the server: <code>{commandFor(by)}</code>
      </p>
    );
  }
  const { width, height, content } = drawing;
  return (
    <div class={hasLinks ? 'picture wide' : 'picture'}>
      <svg
        role={hasLinks ? 'group' : 'img'}
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-description`}
        width={`${width}pt`}
        height={`${height}pt`}
        viewBox={`0 0 ${width} ${height}`}
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-description`}>{description}</desc>
        <g dangerouslySetInnerHTML={{ __html: content }} />
      </svg>
    </div>
  );
}
